// PodmanEngine: what it keeps of Podman's answers: the list of containers, single ones, and images.
#include "base/text/json_text.h"
#include "engine/exec/exec_json.h"
#include "engine/podman/podman_engine.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using boost::asio::awaitable;
using io::http::ClientRequest;
using io::http::percent_encode;
using io::http::Reply;

namespace {

// More ids than this make a question longer than its answer.
constexpr size_t kIdsAskedMax = 16;

template <class Ids>
std::string filter_of(const Ids& ids) {
  return "&filters=" + percent_encode(json_text(nlohmann::json{{"id", ids}}));
}

}  // namespace

void PodmanEngine::spoil_kept(const ContainersChange& change) {
  if (change.reach != ContainersChange::Reach::kNone)
    inspections_.spoil_if([&change](const InspectionSubject& subject) { return is_changed(subject, change); });
}

awaitable<Result<Reply>> PodmanEngine::inspection(ClientRequest request) {
  const Clock& clock = system_clock();
  const std::string target = request.target;
  if (const Reply* kept = inspections_.get(target, clock.now())) co_return with_execs(*kept);
  const uint64_t asked = inspections_.begin();
  auto reply = co_await call_as_is(std::move(request));
  if (!reply.ok() || reply->status != 200) co_return reply;
  if (auto subject = inspection_subject(target, reply->body); is_lasting(subject.state))
    inspections_.keep(asked, target, *reply, clock.now(), std::move(subject));
  co_return with_execs(std::move(*reply));
}

awaitable<Result<Reply>> PodmanEngine::image(ClientRequest request) {
  const Clock& clock = system_clock();
  const std::string target = request.target;
  if (const Reply* kept = images_.get(target, clock.now())) co_return *kept;
  const uint64_t asked = images_.begin();
  auto reply = co_await call_as_is(std::move(request));
  if (reply.ok() && reply->status == 200) images_.keep(asked, target, *reply, clock.now());
  co_return reply;
}

// Execs come and go without the engine; it knows of none.
Reply PodmanEngine::with_execs(Reply reply) const {
  if (!execs_.has_living()) return reply;
  auto shown = nlohmann::json::parse(reply.body, nullptr, false);
  put_exec_ids(shown, execs_.ids_in(text_of(shown, "Id")));
  reply.body = json_text(shown);
  return reply;
}

awaitable<Result<nlohmann::json>> PodmanEngine::list(std::vector<std::string> labels) {
  const Clock& clock = system_clock();
  if (const ContainerList* kept = list_.get(clock.now())) co_return kept->show(labels, clock.wall());
  auto question = list_.ask(clock.now());
  std::string target = "/libpod/containers/json?all=true";
  if (!question.is_of_all) target += filter_of(question.ids);
  SKEIN_CO_TRY_ASSIGN(const nlohmann::json known, co_await get_list(target));
  if (question.is_of_all)
    question.list.update(known);
  else
    question.list.update_some(question.ids, known);
  if (auto unknown = question.list.unknown(); !unknown.empty()) {
    target = "/containers/json?all=1";
    if (unknown.size() <= kIdsAskedMax) target += filter_of(unknown);
    SKEIN_CO_TRY_ASSIGN(const nlohmann::json rest, co_await get_list(target));
    question.list.learn(rest);
  }
  nlohmann::json shown = question.list.show(labels, clock.wall());
  list_.keep(std::move(question), clock.now());
  co_return shown;
}

}  // namespace skein::engine
