#include "io/loop/timer.h"

#include <boost/asio/error.hpp>

#include "io/loop/loop_service.h"

namespace skein::io {
namespace {

LoopService& service_of(const boost::asio::any_io_executor& executor) {
  return boost::asio::use_service<LoopService>(boost::asio::query(executor, boost::asio::execution::context));
}

}  // namespace

Timer::Timer(const boost::asio::any_io_executor& executor, TimePoint expiry)
    : executor_(executor), service_(service_of(executor)), loop_(service_.loop()), expiry_(expiry) {}
Timer::Timer(const boost::asio::any_io_executor& executor) : Timer(executor, TimePoint()) {}
Timer::Timer(const boost::asio::any_io_executor& executor, Duration after) : Timer(executor, TimePoint()) {
  expiry_ = loop_.now() + after;
}

size_t Timer::expires_at(TimePoint expiry) {
  const size_t cancelled = cancel();
  expiry_ = expiry;
  return cancelled;
}

size_t Timer::cancel() {
  size_t cancelled = 0;
  while (cancel_one()) ++cancelled;
  drop_call_if_idle();
  return cancelled;
}

size_t Timer::cancel_one() {
  if (waits_.empty()) return 0;
  cancel(waits_.front());
  return 1;
}

bool Timer::begin(Wait& wait) {
  if (!service_.begin(wait)) return false;
  waits_.push_back(wait);
  if (call_ == Loop::CallId() && expiry_ != TimePoint::never()) call_ = loop_.call_at(expiry_, [this] { come(); });
  return true;
}

void Timer::cancel(Wait& wait) {
  wait.complete(boost::asio::error::operation_aborted);
  drop_call_if_idle();
}

void Timer::drop_call_if_idle() {
  if (waits_.empty() && call_ != Loop::CallId()) loop_.cancel(std::exchange(call_, {}));
}

void Timer::come() {
  call_ = {};
  while (!waits_.empty()) waits_.front().complete({});
}

}  // namespace skein::io
