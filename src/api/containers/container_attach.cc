// POST /containers/{id}/attach.
#include "api/containers/containers.h"
#include "api/replies/passing.h"
#include "containers/facts/container_json.h"
#include "engine/values/detach_keys.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::text_of;
using io::http::Response;

namespace {

Response hijacked(const std::string& content_type, std::function<awaitable<void>(io::http::ByteStream&)> serve) {
  Response out;
  out.headers.set("Content-Type", content_type);
  out.hijack = std::move(serve);
  return out;
}

Response ended_stream(const std::string& content_type) {
  return hijacked(content_type, [](io::http::ByteStream& front) -> awaitable<void> {
    front.end_writing();
    co_return;
  });
}

// A client at a terminal, who is told of and leaves once it has typed the keys for it. The engine knows such keys, too,
// if each comes alone.
class TypingClient final : public io::http::ByteStream {
 public:
  TypingClient(io::http::ByteStream& client, std::string keys, std::function<void()> on_detach)
      : client_(client), keys_(std::move(keys)), on_detach_(std::move(on_detach)) {}
  awaitable<Result<size_t>> read_some(std::span<char> buffer) override {
    while (typed_.empty()) {
      auto size = co_await client_.read_some(buffer);
      if (!size.ok() || *size == 0) co_return size;
      auto typed = keys_.add({buffer.data(), *size});
      typed_ = std::move(typed.passed);
      if (!typed.is_detached) continue;
      on_detach_();
      client_.end_writing();
      co_return make_error(Code::kAborted, "detached");
    }
    const size_t size = typed_.copy(buffer.data(), buffer.size());
    typed_.erase(0, size);
    co_return size;
  }
  awaitable<Result<void>> write(std::string_view bytes) override { return client_.write(bytes); }
  void end_writing() override { client_.end_writing(); }
  void close() override { client_.close(); }

 private:
  io::http::ByteStream& client_;
  engine::DetachKeys keys_;
  std::function<void()> on_detach_;
  std::string typed_;  // and not read yet
};

}  // namespace

awaitable<Response> Containers::attach(Request& request) {
  std::string name = request.param("id");
  auto container = co_await engine_.inspect(name);
  if (!container.ok()) co_return Response::of_error(container.error());
  const containers::Phase phase = phase_of(*container);
  if (auto refused = refusal(Verb::kAttach, phase, {text_of(*container, "Id"), name})) co_return *refused;
  const bool is_framed = !containers::has_terminal(*container) && request.version >= io::http::ApiVersion{1, 42};
  const std::string content_type = is_framed ? kMultiplexedStream : kRawStream;
  // The engine would prepare a container that has ended for its next run; Docker's clients read the end of it.
  if (!containers::is_alive(phase) && phase != containers::Phase::kCreated) co_return ended_stream(content_type);
  const auto keys = engine::parse_detach_keys(request.query.get("detachKeys"));
  if (!keys.ok()) co_return Response::of_message(400, keys.error().text());
  engine::AttachQuery query = engine::parse_attach_query(request.query);
  query.program = text_of(*container, "Path");
  const bool is_typing = containers::has_terminal(*container) && request.query.flag("stdin");
  auto attached = co_await engine_.attach(name, std::move(query));
  if (attached.ok()) {
    tell(*container, "attach", nlohmann::json::object());
    auto response = hijack_answer(std::move(*attached), content_type);
    if (is_typing)
      response.hijack = [this, container = *container, keys = *keys,
                         serve = std::move(response.hijack)](io::http::ByteStream& front) -> awaitable<void> {
        TypingClient typing(front, keys, [&] { tell(container, "detach", nlohmann::json::object()); });
        co_await serve(typing);
      };
    co_return response;
  }
  auto response = Response::of_error(attached.error());
  if (phase != containers::Phase::kCreated) co_return response;
  // Podman prepares a container when it is attached to, so a command that does not exist fails here. Docker's clients
  // want to hear of it from `start`: the attachment succeeds, and stays silent.
  failed_starts_.remember(containers::identity_of(*container), std::move(response));
  auto stay_silent = [](io::http::ByteStream& front) -> awaitable<void> {
    std::array<char, 1024> ignored;
    while (true) {
      auto size = co_await front.read_some(ignored);
      if (!size.ok() || *size == 0) co_return;
    }
  };
  co_return hijacked(content_type, stay_silent);
}

}  // namespace skein::api
