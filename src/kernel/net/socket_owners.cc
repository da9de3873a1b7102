#include "kernel/net/socket_owners.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <utility>

namespace skein::kernel::net {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kSocket = "socket:[";

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number out = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc() || end == text.data()) return std::nullopt;
  return out;
}

std::string name_of(const std::string& process) {
  std::string out;
  std::ifstream file(process + "/comm");
  std::getline(file, out);
  std::ranges::replace_if(
      out, [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

}  // namespace

SocketOwners::SocketOwners(std::set<uint32_t> inodes, std::vector<int> likely, std::string proc)
    : inodes_(std::move(inodes)), likely_(likely.rbegin(), likely.rend()), proc_(std::move(proc)) {}

bool SocketOwners::step(size_t descriptors) {
  for (; descriptors > 0 && !inodes_.empty(); --descriptors) {
    if (descriptors_ == fs::directory_iterator()) {
      if (!next_process()) return false;
      continue;
    }
    look_at(descriptors_->path());
    std::error_code gone;
    descriptors_.increment(gone);
  }
  return !inodes_.empty();
}

// A process that ends meanwhile has no descriptors.
bool SocketOwners::next_process() {
  if (!likely_.empty()) {
    open_process(likely_.back());
    likely_.pop_back();
    return true;
  }
  std::error_code gone;
  if (!std::exchange(has_asked_all_, true)) processes_ = fs::directory_iterator(proc_, gone);
  if (processes_ == fs::directory_iterator()) return false;
  if (auto pid = number_in<int>(processes_->path().filename().string())) open_process(*pid);
  processes_.increment(gone);
  return true;
}

void SocketOwners::open_process(int pid) {
  pid_ = pid;
  std::error_code gone;
  descriptors_ = fs::directory_iterator(proc_ + "/" + std::to_string(pid) + "/fd", gone);
}

void SocketOwners::look_at(const fs::path& descriptor) {
  std::error_code gone;
  const std::string target = fs::read_symlink(descriptor, gone).string();
  if (!target.starts_with(kSocket)) return;
  auto inode = number_in<uint32_t>(std::string_view(target).substr(kSocket.size()));
  if (!inode || inodes_.erase(*inode) == 0) return;
  found_[*inode] = {pid_, name_of(proc_ + "/" + std::to_string(pid_))};
}

}  // namespace skein::kernel::net
