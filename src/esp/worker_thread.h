// One thread of the worker: from its queue of the TAP device to its sockets and back, each packet to its end. It sleeps
// in epoll_wait(2) when there is nothing, has all its buffers from the start, and takes new tables between packets.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "base/descriptor.h"
#include "esp/crypto/drops.h"
#include "esp/path/inbound.h"
#include "esp/path/pages.h"
#include "esp/path/tables.h"
#include "esp/socket_sender.h"

namespace skein::esp {

struct ThreadDevices {
  Descriptor tap, udp, raw;
};

class WorkerThread {
 public:
  // Runs from here to the destructor. `drops` outlives it.
  WorkerThread(unsigned index, ThreadDevices devices, uint16_t udp_port, std::shared_ptr<const Tables> tables,
               DropCounts& drops);
  ~WorkerThread();
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

  // Returns once the thread has let go of the tables of before. From one other thread.
  void take(std::shared_ptr<const Tables> tables);

 private:
  class TapWriter;
  struct Buffers;
  void run();
  void look_for_news();
  void read_tap();
  void read_udp();
  void read_raw();

  const unsigned index_;
  ThreadDevices devices_;
  Descriptor wake_, epoll_;
  DropCounts& drops_;
  InPages<Buffers> buffers_;
  std::unique_ptr<TapWriter> writer_;
  Joiner joiner_;
  SendBatch batch_;
  SocketSender sender_;
  std::shared_ptr<const Tables> tables_;  // the thread's
  bool is_over_ = false;                  // the thread's

  std::mutex mutex_;  // the hand-over of tables, rare
  std::condition_variable taken_;
  std::shared_ptr<const Tables> next_;
  bool has_next_ = false, must_stop_ = false;
  std::thread thread_;
};

}  // namespace skein::esp
