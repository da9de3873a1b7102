// One coroutine (or other handler) that waits for an io::Timer. For io/loop/timer and io/loop/loop_service only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/system/error_code.hpp>
#include <utility>

namespace skein::io {

struct OfTimer;
struct OfContext;
template <class Tag>
using WaitHook = boost::intrusive::list_base_hook<boost::intrusive::tag<Tag>,
                                                  boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

// Belongs to two lists, its timer's and its context's, and leaves both when it ends. It ends once: by complete(), or by
// `delete`, when the context goes: the handler is then destroyed without being called.
class Wait : public WaitHook<OfTimer>, public WaitHook<OfContext> {
 public:
  virtual ~Wait() = default;
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  // Posts the handler, and deletes this.
  virtual void complete(boost::system::error_code outcome) = 0;

 protected:
  Wait() = default;
};

using WaitsOfTimer = boost::intrusive::list<Wait, boost::intrusive::base_hook<WaitHook<OfTimer>>,
                                            boost::intrusive::constant_time_size<false>>;
using WaitList = boost::intrusive::list<Wait, boost::intrusive::base_hook<WaitHook<OfContext>>,
                                        boost::intrusive::constant_time_size<false>>;

template <class Handler>
class WaitOf final : public Wait {
 public:
  WaitOf(Handler handler, const boost::asio::any_io_executor& executor)
      : handler_(std::move(handler)), work_(boost::asio::make_work_guard(handler_, executor)) {}

  void complete(boost::system::error_code outcome) override {
    Handler handler = std::move(handler_);
    auto work = std::move(work_);
    delete this;
    boost::asio::get_associated_cancellation_slot(handler).clear();
    boost::asio::post(work.get_executor(), boost::asio::append(std::move(handler), outcome));
  }

 private:
  Handler handler_;
  boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>> work_;
};

}  // namespace skein::io
