// The disk of a simulated host: it takes its time, refuses what it is given while it is said to be full, and keeps what
// it took over the daemon's death. For tests only.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/random.h"
#include "io/loop/timer.h"
#include "store/memory_journal.h"

namespace skein::node {

struct SimDisk {
  std::map<std::string, std::shared_ptr<store::MemoryJournal::Contents>> files;  // by path
  bool is_full = false;
  std::string unreadable;  // how the path of a file ends that cannot be read; empty for none
  Duration slowness{0};    // the longest that an append waits, before and after it is written
  Duration reading{0};     // the longest that a file is read

  std::shared_ptr<store::MemoryJournal::Contents> file(const std::string& path) {
    auto& contents = files[path];
    if (!contents) contents = std::make_shared<store::MemoryJournal::Contents>();
    return contents;
  }
};

class SimJournal final : public store::Journal {
 public:
  SimJournal(const boost::asio::any_io_executor& executor, SimDisk& disk, const std::string& path, Random& random)
      : pause_(executor), disk_(disk), path_(path), contents_(disk.file(path)), kept_(contents_), random_(random) {}

  boost::asio::awaitable<Result<store::Position>> load(Take take) override {
    co_await wait(disk_.reading);
    if (!disk_.unreadable.empty() && path_.ends_with(disk_.unreadable))
      co_return make_error(Code::kUnavailable, "the journal cannot be read");
    co_return co_await kept_.load(std::move(take));
  }
  std::unique_ptr<store::BatchStream> follow(uint64_t index) override { return kept_.follow(index); }

  // The daemon may die before the write, and between the write and its news.
  boost::asio::awaitable<Result<void>> append(store::Batch batch, store::Position expected) override {
    co_await wait(disk_.slowness);
    contents_->is_failing = disk_.is_full;
    auto written = co_await kept_.append(std::move(batch), expected);
    co_await wait(disk_.slowness);
    co_return written;
  }

 private:
  boost::asio::awaitable<void> wait(Duration longest) {
    if (longest == Duration(0)) co_return;
    pause_.expires_after(Duration(static_cast<int64_t>(random_.below(uint64_t(longest.count())))));
    co_await pause_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }

  io::Timer pause_;
  SimDisk& disk_;
  std::string path_;
  std::shared_ptr<store::MemoryJournal::Contents> contents_;
  store::MemoryJournal kept_;
  Random& random_;
};

}  // namespace skein::node
