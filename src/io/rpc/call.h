// What a method's handler sees of one call: the peer, the metadata, and whether anybody still waits for the answer.
//
// A Call is a cheap handle; copies are the same call. A handler may outlive its call: then is_cancelled() is true and
// what it returns is dropped. One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time/clock.h"
#include "io/rpc/peer.h"

namespace skein::rpc {

using Metadata = std::vector<std::pair<std::string, std::string>>;  // names in lower case, in the order of the wire

class Call {
 public:
  // Also the way to call a handler without a network, as tests do.
  Call(Peer peer, std::string path, Metadata metadata = {}, std::optional<TimePoint> deadline = std::nullopt);

  const Peer& peer() const { return state_->peer; }
  const std::string& path() const { return state_->path; }
  // All request headers except the pseudo headers (":path", …).
  const Metadata& metadata() const { return state_->metadata; }
  // Every value of `name`, in order: "forwarded_cert_ou" may come more than once.
  std::vector<std::string> metadata(std::string_view name) const;
  std::optional<TimePoint> deadline() const { return state_->deadline; }

  // True once the peer reset the call, the connection broke, the deadline passed or the server stopped.
  bool is_cancelled() const { return state_->is_cancelled; }
  // `callback` runs once when is_cancelled() becomes true (at once if it already is), and never after the call was
  // answered. A later callback replaces an earlier one.
  void on_cancelled(std::function<void()> callback) const;

  // For the server: the call is over, answered or not.
  void cancel() const;
  void finish() const { state_->on_cancelled = nullptr; }

 private:
  struct State {
    Peer peer;
    std::string path;
    Metadata metadata;
    std::optional<TimePoint> deadline;
    bool is_cancelled = false;
    std::function<void()> on_cancelled;
  };
  std::shared_ptr<State> state_;
};

}  // namespace skein::rpc
