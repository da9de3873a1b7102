// PodmanEngine: what it keeps of Podman's answers about single containers and images.
#include "engine/exec/exec_view.h"
#include "engine/json_fields.h"
#include "engine/podman/podman_engine.h"

namespace skein::engine {

using boost::asio::awaitable;
using io::http::ClientRequest;
using io::http::Reply;

void PodmanEngine::spoil_views(const ContainersChange& change) {
  if (change.reach != ContainersChange::Reach::kNone)
    views_.spoil_if([&change](const ViewSubject& view) { return is_changed(view, change); });
}

awaitable<Result<Reply>> PodmanEngine::view(ClientRequest request) {
  const Clock& clock = system_clock();
  const std::string target = request.target;
  if (const Reply* kept = views_.get(target, clock.now())) co_return with_execs(*kept);
  const uint64_t asked = views_.begin();
  auto is_stopped = is_stopped_;
  auto reply = co_await call_as_is(std::move(request));
  if (*is_stopped || !reply.ok() || reply->status != 200) co_return reply;
  if (auto subject = view_subject(target, reply->body); is_lasting(subject.state))
    views_.keep(asked, target, *reply, clock.now(), std::move(subject));
  co_return with_execs(std::move(*reply));
}

awaitable<Result<Reply>> PodmanEngine::image(ClientRequest request) {
  const Clock& clock = system_clock();
  const std::string target = request.target;
  if (const Reply* kept = images_.get(target, clock.now())) co_return *kept;
  const uint64_t asked = images_.begin();
  auto is_stopped = is_stopped_;
  auto reply = co_await call_as_is(std::move(request));
  if (!*is_stopped && reply.ok() && reply->status == 200) images_.keep(asked, target, *reply, clock.now());
  co_return reply;
}

// Execs come and go without the engine; it knows of none.
Reply PodmanEngine::with_execs(Reply reply) const {
  if (!execs_.has_living()) return reply;
  auto shown = nlohmann::json::parse(reply.body, nullptr, false);
  put_exec_ids(shown, execs_.ids_in(text_of(shown, "Id")));
  reply.body = shown.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return reply;
}

}  // namespace skein::engine
