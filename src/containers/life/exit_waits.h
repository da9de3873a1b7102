// Who waits for which container's end: POST /containers/{id}/wait. Podman's own answers the wrong code for --rm, and
// polls. Told by the engine's events; loop's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "io/loop/timer.h"

namespace skein::containers {

class ExitWaits {
 public:
  enum class Until { kExit, kRemoval };

  // One waiting client. Registered when made, so that nothing is missed between its making and wait().
  class Ticket {
   public:
    Ticket(boost::asio::io_context& loop, Until until) : until_(until), wake_(loop, TimePoint::never()) {}
    // The container's exit code.
    boost::asio::awaitable<int> wait();
    // The code of a run that has ended already. An exit that was told since the making of the ticket wins.
    void set_past_code(int exit_code) {
      if (!is_told_) exit_code_ = exit_code;
    }
    void finish();

   private:
    friend class ExitWaits;
    Until until_;
    bool is_over_ = false;
    bool is_told_ = false;
    int exit_code_ = 0;
    io::Timer wake_;
  };

  explicit ExitWaits(boost::asio::io_context& loop) : loop_(loop) {}

  // Dropping the ticket ends the waiting.
  std::shared_ptr<Ticket> join(const std::string& id, Until until);

  void on_exit(const std::string& id, int exit_code);
  void on_removed(const std::string& id);  // ends every wait for it

 private:
  boost::asio::io_context& loop_;
  std::map<std::string, std::list<std::weak_ptr<Ticket>>> waiting_;
};

}  // namespace skein::containers
