// A container's log as a client reads it, over all of its files; follows it into new ones. Loop's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "engine/podman/logs/log_files.h"
#include "engine/podman/logs/log_records.h"
#include "io/http/http_client.h"
#include "io/loop/timer.h"

namespace skein::engine {

struct LogReading {
  std::string folder;
  LogQuery query;
  bool has_terminal = false;
  bool is_running = false;
  std::string details;  // shown before each line, if asked for
};

class LogStream final : public io::http::BodySource {
 public:
  LogStream(const boost::asio::any_io_executor& executor, LogReading reading);

  boost::asio::awaitable<Result<std::string>> read_some() override;

  // There may be more.
  void on_written() { wake_.cancel(); }
  // The container has ended: all is in its files.
  void on_exit();
  // Opens what it has not read, before something is taken away.
  void hold();
  // What lives as long as this; it tells of what is written, or cannot.
  void keep(bool is_told, std::shared_ptr<void> kept) {
    is_told_ = is_told;
    kept_ = std::move(kept);
  }

 private:
  struct Opened {
    Descriptor file;
    ino_t inode = 0;
  };
  struct Place {
    size_t file = 0;  // of later_
    off_t offset = 0;
  };
  boost::asio::awaitable<void> begin();
  boost::asio::awaitable<Place> find_tail(size_t lines);
  boost::asio::awaitable<size_t> count_records(Place from);
  bool read_piece();
  bool go_on();
  void take_records();
  bool is_over() const;
  boost::asio::awaitable<void> wait();

  boost::asio::any_io_executor executor_;
  LogReading reading_;
  io::Timer wake_;
  bool has_begun_ = false, is_at_end_ = false, is_told_ = false;
  Opened present_;            // being read
  off_t offset_ = 0;          // in it
  std::deque<Opened> later_;  // what comes after it, as far as it is held
  LogRecords records_;
  size_t skipped_ = 0;  // records that are still to be left out, before the tail
  std::string ready_;
  std::shared_ptr<void> kept_;
};

}  // namespace skein::engine
