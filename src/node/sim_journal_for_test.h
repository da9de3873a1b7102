// The disk of a simulated host: it takes its time, refuses what it is given while it is said to be full, and keeps what
// it took over the daemon's death. For tests only.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/random.h"
#include "io/timer.h"
#include "store/memory_journal.h"

namespace skein::node {

struct SimDisk {
  std::map<std::string, std::shared_ptr<store::MemoryJournal::Contents>> files;  // by path
  bool is_full = false;
  Duration slowness{0};  // the longest that an append waits, before and after it is written

  std::shared_ptr<store::MemoryJournal::Contents> file(const std::string& path) {
    auto& contents = files[path];
    if (!contents) contents = std::make_shared<store::MemoryJournal::Contents>();
    return contents;
  }
};

class SimJournal final : public store::Journal {
 public:
  SimJournal(boost::asio::any_io_executor executor, SimDisk& disk, const std::string& path, Random& random)
      : pause_(std::move(executor)), disk_(disk), contents_(disk.file(path)), kept_(contents_), random_(random) {}

  Result<store::Batch> load() override { return kept_.load(); }

  // The daemon may die before the write, and between the write and its news.
  boost::asio::awaitable<Result<void>> append(const store::Batch& batch) override {
    co_await wait();
    contents_->is_failing = disk_.is_full;
    auto written = co_await kept_.append(batch);
    co_await wait();
    co_return written;
  }

 private:
  boost::asio::awaitable<void> wait() {
    if (disk_.slowness == Duration(0)) co_return;
    pause_.expires_after(Duration(static_cast<int64_t>(random_.below(uint64_t(disk_.slowness.count())))));
    co_await pause_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }

  io::Timer pause_;
  SimDisk& disk_;
  std::shared_ptr<store::MemoryJournal::Contents> contents_;
  store::MemoryJournal kept_;
  Random& random_;
};

}  // namespace skein::node
