#include "io/rpc/call.h"

namespace skein::rpc {

Call::Call(Peer peer, std::string path, Metadata metadata, std::optional<TimePoint> deadline)
    : state_(std::make_shared<State>(
          State{std::move(peer), std::move(path), std::move(metadata), deadline, false, nullptr})) {}

std::vector<std::string> Call::metadata(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [each, value] : state_->metadata)
    if (each == name) values.push_back(value);
  return values;
}

void Call::on_cancelled(std::function<void()> callback) const {
  if (state_->is_cancelled) return callback();
  state_->on_cancelled = std::move(callback);
}

void Call::cancel() const {
  if (state_->is_cancelled) return;
  state_->is_cancelled = true;
  if (auto callback = std::exchange(state_->on_cancelled, nullptr)) callback();
}

}  // namespace skein::rpc
