#include "containers/life/exit_waits.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace skein::containers {

void ExitWaits::Ticket::finish() {
  is_over_ = true;
  wake_.cancel();
}

boost::asio::awaitable<int> ExitWaits::Ticket::wait() {
  while (!is_over_) co_await wake_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  co_return exit_code_;
}

std::shared_ptr<ExitWaits::Ticket> ExitWaits::join(const std::string& id, Until until) {
  auto ticket = std::make_shared<Ticket>(loop_, until);
  auto& tickets = waiting_[id];
  tickets.remove_if([](auto& weak) { return weak.expired(); });
  tickets.push_back(ticket);
  return ticket;
}

void ExitWaits::on_exit(const std::string& id, int exit_code) {
  auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  found->second.remove_if([&](auto& weak) {
    auto ticket = weak.lock();
    if (!ticket) return true;
    ticket->exit_code_ = exit_code;
    ticket->is_told_ = true;
    if (ticket->until_ == Until::kRemoval) return false;
    ticket->finish();
    return true;
  });
  if (found->second.empty()) waiting_.erase(found);
}

void ExitWaits::on_removed(const std::string& id) {
  auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  for (auto& weak : found->second)
    if (auto ticket = weak.lock()) ticket->finish();
  waiting_.erase(found);
}

}  // namespace skein::containers
