#include "engine/podman/events/exit_watch.h"

#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "io/file/file.h"

namespace skein::engine {

namespace asio = boost::asio;

namespace {

constexpr size_t kIdLength = 64;

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::optional<ContainerExit> parse_exit(std::string_view name, std::string_view content) {
  if (name.size() != kIdLength || !std::all_of(name.begin(), name.end(), is_hex_digit)) return std::nullopt;
  ContainerExit exit{.id = std::string(name)};
  const auto [end, ec] = std::from_chars(content.data(), content.data() + content.size(), exit.exit_code);
  if (ec != std::errc()) return std::nullopt;
  return exit;
}

ExitWatch::ExitWatch(io::TaskScope& tasks, std::string folder, Told told)
    : tasks_(tasks), folder_(std::move(folder)), told_(std::move(told)), inotify_(tasks.executor()) {}

Result<void> ExitWatch::start() {
  SKEIN_TRY(io::make_directories(folder_, 0700));
  const int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) return make_error(Code::kUnavailable, "watch for the ends of containers", std::strerror(errno));
  inotify_.assign(fd);
  // Written beside it, then renamed.
  if (::inotify_add_watch(fd, folder_.c_str(), IN_MOVED_TO | IN_ONLYDIR) < 0)
    return make_error(Code::kUnavailable, "watch " + folder_, std::strerror(errno));
  tasks_.spawn("ends-of-containers", follow());
  return {};
}

asio::awaitable<void> ExitWatch::follow() {
  alignas(inotify_event) std::array<char, 4096> events;
  while (true) {
    auto [ec, size] = co_await inotify_.async_read_some(asio::buffer(events), asio::as_tuple(asio::use_awaitable));
    if (ec) co_return;
    tell_all({events.data(), size});
  }
}

void ExitWatch::tell_all(std::string_view events) {
  while (events.size() >= sizeof(inotify_event) && !tasks_.is_closing()) {
    inotify_event head{};
    std::memcpy(&head, events.data(), sizeof head);
    if (events.size() - sizeof head < head.len) return;
    // Filled up with zeros. None after an overflow: Podman's events tell of those ends.
    const std::string name = std::string(events.substr(sizeof head, head.len)).c_str();
    events.remove_prefix(sizeof head + head.len);
    auto content = name.empty() ? Result<std::string>(std::string()) : io::read_file(folder_ + "/" + name);
    if (!content.ok()) continue;
    if (auto exit = parse_exit(name, *content)) told_(*exit);
  }
}

}  // namespace skein::engine
