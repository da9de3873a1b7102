#include "io/loop/virtual_loop.h"

#include <algorithm>
#include <stdexcept>

#include "io/loop/loop_service.h"

namespace skein::io {

VirtualLoop::Member::Member(VirtualLoop& loop) : view(loop) { boost::asio::make_service<LoopService>(context, view); }

VirtualLoop::VirtualLoop() { add_context(); }

VirtualLoop::~VirtualLoop() {
  while (!contexts_.empty()) drop(contexts_.back()->context);
  calls_.clear();  // what they hold may belong to the contexts
}

Context& VirtualLoop::add_context() {
  contexts_.push_back(std::make_unique<Member>(*this));
  return contexts_.back()->context;
}

std::vector<std::unique_ptr<VirtualLoop::Member>>::iterator VirtualLoop::find(const Context& context) {
  return std::find_if(contexts_.begin(), contexts_.end(), [&](auto& each) { return &each->context == &context; });
}

void VirtualLoop::stall(Context& context, Duration time) {
  member(context).stalled_until = now_ + time;
  calls_.add(now_ + time, [] {});  // time passes until then at most
}

void VirtualLoop::drop(Context& context) {
  auto place = find(context);
  context.stop();
  context.drop_all();
  dropped_.push_back(std::move(*place));
  contexts_.erase(place);
}

bool VirtualLoop::run_one() {
  for (size_t i = 0; i < contexts_.size(); ++i) {
    const size_t next = (turn_ + i) % contexts_.size();
    if (contexts_[next]->stalled_until > now_ || contexts_[next]->context.poll_one() == 0) continue;
    turn_ = next + 1;
    if (++handlers_at_once_ > kHandlersAtOnceMax) throw std::logic_error("virtual loop: never comes to rest");
    return true;
  }
  return false;
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
