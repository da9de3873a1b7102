// A small file of state that says what its owner knows: what could not be written, because the disk was full or failed,
// is written again until it is there. On the loop's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "base/result.h"
#include "io/loop/task_scope.h"

namespace skein::io {

class KeptFile {
 public:
  static constexpr Duration kPause = std::chrono::seconds(1);

  // `write` writes what the owner knows then. What runs belongs to the scope, which ends before us.
  KeptFile(TaskScope& tasks, std::string name, std::function<Result<void>()> write)
      : tasks_(tasks), name_(std::move(name)), write_(std::move(write)) {}

  // Now. On an error it is logged, and tried again after each pause.
  Result<void> write() { return note(write_()); }
  // The same, for an owner that has written by itself what is new, with this outcome.
  Result<void> note(Result<void> written);
  // The file is wanted no more: nothing is tried again.
  void forget() { is_missing_ = false; }

 private:
  boost::asio::awaitable<void> write_until_done();

  TaskScope& tasks_;
  std::string name_;
  std::function<Result<void>()> write_;
  bool is_missing_ = false;    // what it should say is not there
  bool is_repeating_ = false;  // write_until_done() runs
};

}  // namespace skein::io
