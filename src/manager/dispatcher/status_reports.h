// What nodes report of their tasks, written to the store together: one transaction for at most kPause of time or
// kStatusesMax statuses, so that a thousand starting tasks are some transactions and not a thousand.
//
// On the loop's thread; what runs belongs to the scope, which is closed before this is destroyed. Each report has its
// own answer: a refused one harms no other.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "base/time/clock.h"
#include "io/loop/task_scope.h"
#include "store/store.h"
#include "wire/proto/dispatcher.pb.h"

namespace skein::manager {

// Takes over the reported states, as far as they are news. kPermissionDenied, and no change at all, if one of the tasks
// is another node's.
Result<void> take_report(store::Transaction& tx, const std::string& node_id,
                         const store::api::UpdateTaskStatusRequest& report);

class StatusReports {
 public:
  static constexpr Duration kPause = std::chrono::milliseconds(50);
  static constexpr size_t kStatusesMax = 200;

  StatusReports(io::TaskScope& tasks, store::Store& store, Clock& clock);

  // Answers when the report is durable; kAborted when the scope closes before. The first after a quiet time is written
  // at once.
  boost::asio::awaitable<Result<void>> write(std::string node_id, store::api::UpdateTaskStatusRequest report);

 private:
  struct Batch;
  boost::asio::awaitable<void> store_batch(std::shared_ptr<Batch> batch);

  io::TaskScope& tasks_;
  store::Store& store_;
  Clock& clock_;
  std::shared_ptr<Batch> open_;  // takes reports; null if none wait
  TimePoint last_write_{0};
};

}  // namespace skein::manager
