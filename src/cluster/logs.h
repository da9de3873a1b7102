// Logs of services and tasks, as somebody reads them who knows nothing of the nodes. On the loop's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "wire/proto/logbroker.pb.h"

namespace skein::cluster {

// Dropping it ends the subscription, and the nodes are told. It may outlive the door: then next() is kAborted.
class LogReader {
 public:
  using Messages = std::vector<docker::swarmkit::v1::LogMessage>;
  virtual ~LogReader() = default;
  // At least one message, in order of arrival; nullopt when all nodes have told everything; kUnknown "warning:
  // incomplete log stream. …" when some could not, after what the others told. One call at a time.
  virtual boost::asio::awaitable<Result<std::optional<Messages>>> next() = 0;
};

class Logs {
 public:
  virtual ~Logs() = default;
  // kInvalidArgument for a selector that selects nothing; kResourceExhausted beyond 256 subscriptions.
  virtual Result<std::unique_ptr<LogReader>> subscribe(docker::swarmkit::v1::LogSelector selector,
                                                       docker::swarmkit::v1::LogSubscriptionOptions options) = 0;
};

}  // namespace skein::cluster
