#include "overlay/host/port_watch.h"

#include <algorithm>

#include "base/log.h"
#include "model/held_port.h"

namespace skein::overlay {

namespace asio = boost::asio;

namespace {

void log_differences(const std::vector<PortHolder>& before, const std::vector<PortHolder>& now) {
  for (const auto& [label, by] : port_labels(now)) {
    const auto told = port_labels(before);
    if (auto found = told.find(label); found != told.end() && found->second == by) continue;
    log_warning("published-port-held", {{"port", model::HeldPort::of_label(label)->text()},
                                        {"by", by},
                                        {"so", "it gets no new connections while the port is published"}});
  }
  const auto held = port_labels(now);
  for (const auto& [label, by] : port_labels(before))
    if (!held.contains(label))
      log_info("published-port-not-held", {{"port", model::HeldPort::of_label(label)->text()}, {"by", by}});
}

bool has_same_ports(const PublishedPorts& a, const PublishedPorts& b) {
  return std::ranges::equal(a, b, {}, &PublishedPorts::value_type::first, &PublishedPorts::value_type::first);
}

}  // namespace

PortWatch::PortWatch(io::TaskScope& tasks, HostNetwork& host, std::function<void()> on_change)
    : tasks_(tasks), host_(host), on_change_(std::move(on_change)) {}

void PortWatch::look_at(const PublishedPorts& ports) {
  if (has_same_ports(ports, ports_)) return;
  ports_ = ports;
  look_again();
}

void PortWatch::look_again() {
  is_due_ = true;
  if (!std::exchange(is_looking_, true)) tasks_.spawn("port-watch", look());
}

asio::awaitable<void> PortWatch::look() {
  while (std::exchange(is_due_, false)) {
    if (ports_.empty()) {
      take(std::vector<PortHolder>());
      continue;
    }
    auto found = co_await host_.find_port_holders(ports_);
    co_await io::end_if_cancelled();
    take(found);
  }
  is_looking_ = false;
}

// What cannot be looked at stays as it was.
void PortWatch::take(const Result<std::vector<PortHolder>>& found) {
  const std::string failure = found.ok() ? "" : found.error().text();
  if (!failure.empty() && failure != told_failure_) log_warning("published-ports-not-compared", {{"why", failure}});
  told_failure_ = failure;
  if (!found.ok()) return;
  std::vector<PortHolder> now = *found;
  std::ranges::sort(now);
  if (now == holders_) return;
  const auto before = std::exchange(holders_, std::move(now));
  log_differences(before, holders_);
  on_change_();
}

}  // namespace skein::overlay
