// Which programs of this host have ports that are published, so that the mesh takes their new clients. Looked for when
// the published ports change, and whenever asked; told when it is not what it was. On the loop's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "io/loop/task_scope.h"
#include "overlay/host/host_network.h"

namespace skein::overlay {

class PortWatch {
 public:
  // Runs in `tasks`. `on_change` is called when holders() has changed.
  PortWatch(io::TaskScope& tasks, HostNetwork& host, std::function<void()> on_change);

  // These are published now; nothing happens if they were before.
  void look_at(const PublishedPorts& ports);
  void look_again();

  const std::vector<PortHolder>& holders() const { return holders_; }

 private:
  boost::asio::awaitable<void> look();
  void take(const Result<std::vector<PortHolder>>& found);

  io::TaskScope& tasks_;
  HostNetwork& host_;
  std::function<void()> on_change_;
  PublishedPorts ports_;
  std::vector<PortHolder> holders_;  // in ascending order
  bool is_looking_ = false, is_due_ = false;
  std::string told_failure_;  // in the log
};

}  // namespace skein::overlay
