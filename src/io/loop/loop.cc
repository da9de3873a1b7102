#include "io/loop/loop.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/time/call_heap.h"
#include "io/loop/loop_service.h"

namespace skein::io {
namespace {

namespace asio = boost::asio;

// To be woken for nothing costs more than to set the alarm anew, but not much more.
constexpr Duration kWorthPuttingBack = std::chrono::milliseconds(10);

// One alarm for all calls.
class RealLoop final : public Loop {
 public:
  explicit RealLoop(asio::io_context& context) : alarm_(context) {}

  TimePoint now() const override { return system_clock().now(); }
  WallTime wall() const override { return system_clock().wall(); }

  CallId call_at(TimePoint at, std::function<void()> function) override {
    const CallId call = calls_.add(at, std::move(function));
    arm();
    return call;
  }

  bool cancel(CallId call) override {
    const bool was_there = calls_.remove(call);
    if (calls_.size() == 0 && armed_for_ != TimePoint::never()) {
      alarm_.cancel();  // or it would keep the context running
      armed_for_ = TimePoint::never();
    } else if (was_there && armed_for_ != TimePoint::never() && calls_.next() - armed_for_ >= kWorthPuttingBack) {
      set_alarm();
    }
    return was_there;
  }

 private:
  void arm() {
    if (calls_.next() < armed_for_) set_alarm();
  }
  void set_alarm() {
    armed_for_ = calls_.next();
    alarm_.expires_at(asio::steady_timer::time_point(Duration(armed_for_.ns)));
    alarm_.async_wait([this](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      armed_for_ = TimePoint::never();
      calls_.run_due(now());
      arm();
    });
  }

  CallHeap calls_;
  asio::steady_timer alarm_;
  TimePoint armed_for_ = TimePoint::never();
};

}  // namespace

LoopService::LoopService(asio::execution_context& context)
    : asio::execution_context::service(context),
      own_(std::make_unique<RealLoop>(static_cast<asio::io_context&>(context))),
      loop_(own_.get()) {}

LoopService::LoopService(asio::execution_context& context, Loop& loop)
    : asio::execution_context::service(context), loop_(&loop) {}

LoopService::~LoopService() = default;

bool LoopService::begin(Wait& wait) {
  if (!is_shut_down_) {
    waits_.push_back(wait);
    return true;
  }
  wait.complete(asio::error::operation_aborted);  // to the context's queue, which destroys it
  return false;
}

// What handlers hold cancels other timers when it goes: all are taken off first, so that nothing is completed any more.
void LoopService::shutdown() {
  is_shut_down_ = true;
  WaitList going;
  for (Wait& wait : waits_) static_cast<WaitHook<OfTimer>&>(wait).unlink();
  going.swap(waits_);
  while (!going.empty()) delete &going.front();
}

Loop& loop_of(asio::execution_context& context) { return asio::use_service<LoopService>(context).loop(); }

}  // namespace skein::io
