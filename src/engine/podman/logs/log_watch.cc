#include "engine/podman/logs/log_watch.h"

#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <set>
#include <vector>

namespace skein::engine {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kBetweenLooks{10};
constexpr uint32_t kWrites = IN_MODIFY | IN_MOVED_TO | IN_ONLYDIR;

}  // namespace

// By the kernel's number of a folder, who watches it.
struct LogWatch::Folders {
  int inotify = -1;
  std::map<int, std::list<Watching*>> watched;
};

class LogWatch::Watching {
 public:
  Watching(std::shared_ptr<Folders> folders, int number, Told told)
      : folders_(std::move(folders)), number_(number), told_(std::move(told)) {
    folders_->watched[number_].push_back(this);
  }
  ~Watching() {
    const auto found = folders_->watched.find(number_);
    if (found == folders_->watched.end()) return;
    found->second.remove(this);
    if (!found->second.empty()) return;
    folders_->watched.erase(found);
    if (folders_->inotify >= 0) ::inotify_rm_watch(folders_->inotify, number_);
  }
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;
  const Told& told() const { return told_; }

 private:
  std::shared_ptr<Folders> folders_;
  int number_;
  Told told_;
};

LogWatch::LogWatch(io::TaskScope& tasks)
    : tasks_(tasks), folders_(std::make_shared<Folders>()), inotify_(tasks.executor()), pause_(tasks.executor()) {}

Result<void> LogWatch::start() {
  const int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) return make_error(Code::kUnavailable, "watch logs", std::strerror(errno));
  inotify_.assign(fd);
  folders_->inotify = fd;
  tasks_.spawn("logs-of-containers", follow());
  return {};
}

std::shared_ptr<LogWatch::Watching> LogWatch::watch(const std::string& folder, Told told) {
  if (folders_->inotify < 0) return nullptr;
  const int number = ::inotify_add_watch(folders_->inotify, folder.c_str(), kWrites);
  if (number < 0) return nullptr;
  return std::make_shared<Watching>(folders_, number, std::move(told));
}

asio::awaitable<void> LogWatch::follow() {
  alignas(inotify_event) std::array<char, 16384> events;
  while (true) {
    auto [ec, size] = co_await inotify_.async_read_some(asio::buffer(events), asio::as_tuple(asio::use_awaitable));
    if (ec) break;
    tell({events.data(), size});
    pause_.expires_after(kBetweenLooks);
    co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  folders_->inotify = -1;
}

// Who is told may end watching, its own or others'.
void LogWatch::tell(std::string_view events) {
  std::set<int> numbers;
  while (events.size() >= sizeof(inotify_event)) {
    inotify_event head{};
    std::memcpy(&head, events.data(), sizeof head);
    if (events.size() - sizeof head < head.len) break;
    events.remove_prefix(sizeof head + head.len);
    if ((head.mask & IN_Q_OVERFLOW) != 0)
      for (const auto& [number, all] : folders_->watched) numbers.insert(number);
    else
      numbers.insert(head.wd);
  }
  std::vector<std::pair<int, Watching*>> told;
  for (int number : numbers)
    if (const auto found = folders_->watched.find(number); found != folders_->watched.end())
      for (Watching* each : found->second) told.emplace_back(number, each);
  for (const auto& [number, each] : told) {
    const auto found = folders_->watched.find(number);
    if (found == folders_->watched.end() || std::ranges::find(found->second, each) == found->second.end()) continue;
    const Told call = each->told();
    call();
  }
}

}  // namespace skein::engine
