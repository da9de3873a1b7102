// PodmanEngine: streams of containers that Podman makes itself.
#include "engine/podman/podman_change.h"
#include "engine/podman/podman_errors.h"

namespace skein::engine {

using boost::asio::awaitable;

namespace {

constexpr size_t kComplaintBytesMax = 1u << 20;

// Podman's own answer, whose head has been looked at.
class PodmanStream final : public io::http::BodySource {
 public:
  explicit PodmanStream(std::unique_ptr<io::http::ReplyStream> reply) : reply_(std::move(reply)) {}
  awaitable<Result<std::string>> read_some() override { return reply_->read_some(); }

 private:
  std::unique_ptr<io::http::ReplyStream> reply_;
};

}  // namespace

awaitable<Result<std::unique_ptr<io::http::BodySource>>> PodmanEngine::open_stream(std::string id, std::string what) {
  io::http::ClientRequest request;
  request.target = "/containers/" + io::http::percent_encode(id) + "/" + what;
  SKEIN_CO_TRY_ASSIGN(auto reply, co_await open(std::move(request)));
  if (!reply->head.is_success()) {
    auto body = co_await io::http::read_all(*reply, kComplaintBytesMax);
    if (body.ok()) reply->head.body = std::move(*body);
    co_return podman_error(reply->head, {.container = id});
  }
  std::unique_ptr<io::http::BodySource> stream = std::make_unique<PodmanStream>(std::move(reply));
  co_return std::move(stream);
}

awaitable<Result<std::unique_ptr<io::http::BodySource>>> PodmanEngine::stats(std::string id, StatsQuery query) {
  return open_stream(std::move(id), "stats?" + stats_query_text(query));
}

// Podman prepares a container that was never started; what is known of it changes then.
awaitable<Result<std::unique_ptr<io::http::ByteStream>>> PodmanEngine::attach(std::string id, AttachQuery query) {
  io::http::ClientRequest request;
  request.method = "POST";
  request.target = "/containers/" + io::http::percent_encode(id) + "/attach?" + attach_query_text(query);
  const Change change(*this, request);
  add_podman_prefix(request);
  SKEIN_CO_TRY_ASSIGN(io::http::Hijacked joined, co_await client_.hijack(std::move(request)));
  if (!joined.stream) co_return podman_error(joined.head, {.container = id, .command = query.program});
  co_return std::move(joined.stream);
}

}  // namespace skein::engine
