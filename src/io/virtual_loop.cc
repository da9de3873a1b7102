#include "io/virtual_loop.h"

#include <stdexcept>

#include "io/loop_service.h"

namespace skein::io {

VirtualLoop::VirtualLoop() : context_(1), work_(context_.get_executor()) {
  boost::asio::make_service<LoopService>(context_, static_cast<Loop&>(*this));
}

VirtualLoop::~VirtualLoop() {
  context_.stop();
  context_.drop_all();
  calls_.clear();  // what they hold may belong to the context
}

bool VirtualLoop::run_one() {
  if (context_.poll_one() == 0) return false;
  if (++handlers_at_once_ > kHandlersAtOnceMax) throw std::logic_error("virtual loop: never comes to rest");
  return true;
}

// False when nothing happens until `end`.
bool VirtualLoop::go_to_next(TimePoint end) {
  const TimePoint next = calls_.next();
  if (next > end || next == TimePoint::never()) return false;
  if (next > now_) {
    now_ = next;
    handlers_at_once_ = 0;
  }
  calls_.run_due(now_);
  return true;
}

void VirtualLoop::run_ready() {
  do {
    while (run_one()) {
    }
  } while (go_to_next(now_));
}

void VirtualLoop::run_until(TimePoint end) {
  do {
    while (run_one()) {
    }
  } while (go_to_next(end));
  now_ = std::max(now_, end);
}

bool VirtualLoop::run_until_true(Duration limit, const std::function<bool()>& condition) {
  const TimePoint end = now_ + limit;
  while (!condition()) {
    if (run_one()) continue;
    if (go_to_next(end)) continue;
    now_ = end;
    return condition();
  }
  return true;
}

}  // namespace skein::io
