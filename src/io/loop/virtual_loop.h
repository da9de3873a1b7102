// A loop whose time stands still while handlers run, and jumps to the next timer when none is ready: hours of a
// program's life in milliseconds, and the same order of everything in each run.
//
// What runs on its contexts must wait by io::Timer and by posting only: sockets, signals and resolvers are answered by
// the kernel, in real time. One thread. Everything that runs on the contexts is dropped with the loop.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/time/call_heap.h"
#include "io/loop/context.h"

namespace skein::io {

class VirtualLoop final : public Loop {
 public:
  static constexpr TimePoint kBegin{1'000'000'000'000'000};         // far from 0, which means "not yet" in places
  static constexpr WallTime kWallBegin{1'800'000'000'000'000'000};  // 2027-01-15
  // More handlers at one moment than any program has: something waits in a circle.
  static constexpr uint64_t kHandlersAtOnceMax = 10'000'000;

  VirtualLoop();
  ~VirtualLoop() override;

  Context& context() { return contexts_.front()->context; }
  // One more, in the same time: that of a program which may die before the others. Contexts take turns.
  Context& add_context();
  // As the program's death: nothing that runs there goes on. What the coroutines use is to be destroyed afterwards; the
  // context itself stays until the loop goes. Not from a handler of that context.
  void drop(Context& context);

  TimePoint now() const override { return now_; }
  WallTime wall() const override { return WallTime{kWallBegin.ns + (now_ - kBegin).count()}; }
  CallId call_at(TimePoint at, std::function<void()> function) override { return calls_.add(at, std::move(function)); }
  bool cancel(CallId call) override { return calls_.remove(call); }

  // Sets the wall clock of one context as far before or behind ours, as an administrator does; now() does not notice.
  void set_wall_ahead(Context& context, Duration by) { member(context).view.ahead = by; }
  // The context's thread gets no turn for so long. Time and the others go on; what it waits for becomes ready
  // meanwhile.
  void stall(Context& context, Duration time);

  // Runs what is ready, and what that makes ready, until nothing is. Time stands still.
  void run_ready();
  // Runs all that happens until `end`, that moment included, and leaves the time there.
  void run_until(TimePoint end);
  void run_for(Duration time) { run_until(now_ + time); }
  // Runs until `condition` holds after a handler, at most for `limit`. Returns whether it holds.
  bool run_until_true(Duration limit, const std::function<bool()>& condition);

 private:
  // The loop as one context has it.
  struct View final : Loop {
    explicit View(VirtualLoop& of_all) : all(of_all) {}
    TimePoint now() const override { return all.now(); }
    WallTime wall() const override { return all.wall() + ahead; }
    CallId call_at(TimePoint at, std::function<void()> function) override {
      return all.call_at(at, std::move(function));
    }
    bool cancel(CallId call) override { return all.cancel(call); }

    VirtualLoop& all;
    Duration ahead{0};
  };
  struct Member {
    explicit Member(VirtualLoop& loop);
    View view;
    TimePoint stalled_until;
    Context context{1};
    boost::asio::executor_work_guard<Context::executor_type> work{context.get_executor()};
  };
  std::vector<std::unique_ptr<Member>>::iterator find(const Context& context);
  Member& member(const Context& context) { return **find(context); }
  bool run_one();
  bool go_to_next(TimePoint end);

  TimePoint now_ = kBegin;
  uint64_t handlers_at_once_ = 0;
  CallHeap calls_;
  std::vector<std::unique_ptr<Member>> contexts_;
  std::vector<std::unique_ptr<Member>> dropped_;
  size_t turn_ = 0;  // whose handler is run next
};

}  // namespace skein::io
