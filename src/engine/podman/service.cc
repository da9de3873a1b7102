#include "engine/podman/service.h"

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "io/file/file.h"
#include "io/http/http_client.h"

namespace skein::engine {

namespace asio = boost::asio;

namespace {

// After a reboot with many containers the service refreshes all before it answers.
constexpr Duration kServiceStartLimit = std::chrono::seconds(30);

std::vector<std::string> service_environment(const PodmanOptions& options) {
  std::vector<std::string> out;
  for (const auto& [name, value] : podman_environment(options)) out.emplace_back(name).append("=").append(value);
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (std::strncmp(*variable, "CONTAINERS_", 11) != 0) out.emplace_back(*variable);
  return out;
}

// Killed when it is to end: its requests may take long, and containers are not its children.
io::ChildPlan service_plan(const PodmanOptions& options) {
  return {.name = "podman",
          .socket_path = options.socket_path,
          .program = {podman_command(options), service_environment(options), "install podman"},
          .log_path = options.config_folder + "/podman.log",
          .start_limit = kServiceStartLimit,
          .end_limit = Duration::zero()};
}

}  // namespace

PodmanService::PodmanService(io::TaskScope& tasks, PodmanOptions options)
    : tasks_(tasks), options_(std::move(options)), child_(tasks.executor(), service_plan(options_), hooks()) {}

io::ChildHooks PodmanService::hooks() {
  return {.answers = [this] { return answers(); },
          .prepare = [this]() -> Result<bool> {
            SKEIN_TRY_ASSIGN(const bool is_changed, write_config());
            return !is_changed;
          },
          .on_up = [this] { on_up_(); },
          .on_lost = [this] { tasks_.spawn("engine-service", child_.bring_back()); }};
}

Result<bool> PodmanService::write_config() {
  std::error_code ec;
  for (const auto& folder : {options_.config_folder, options_.run_folder, options_.state_folder}) {
    std::filesystem::create_directories(folder, ec);
    if (ec) return make_error(Code::kUnavailable, "create " + folder, ec.message());
  }
  bool is_changed = false;
  for (const auto& [name, content] : podman_config_files(options_)) {
    const std::string path = options_.config_folder + "/" + name;
    if (auto present = io::read_file(path); present.ok() && *present == content) continue;
    is_changed = true;
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << content;
    file.close();
    if (!file) return make_error(Code::kUnavailable, "write " + path);
  }
  return is_changed;
}

asio::awaitable<bool> PodmanService::answers() {
  io::http::Client client(tasks_.executor(), options_.socket_path);
  io::http::ClientRequest request;
  request.target = "/_ping";
  request.timeout = std::chrono::seconds(5);
  auto reply = co_await client.call(request);
  co_return reply.ok() && reply->status == 200;
}

}  // namespace skein::engine
