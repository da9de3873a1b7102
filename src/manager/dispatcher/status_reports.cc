#include "manager/dispatcher/status_reports.h"

#include <google/protobuf/util/message_differencer.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <vector>

#include "base/log.h"
#include "io/loop/timer.h"
#include "manager/addresses/network_addresses.h"

namespace skein::manager {

namespace asio = boost::asio;
namespace api = store::api;

namespace {

constexpr size_t kStatusBytesMax = size_t{64} << 10;  // so that what one node says is no reason to store none

// Nodes repeat all reports after every reconnection; the time of taking over is ours.
bool is_news(const api::TaskStatus& known, const api::TaskStatus& reported) {
  if (reported.state() < known.state()) return false;  // states only move forward
  static const auto* applied_at = api::TaskStatus::descriptor()->FindFieldByName("applied_at");
  google::protobuf::util::MessageDifferencer differencer;
  differencer.IgnoreField(applied_at);
  return !differencer.Compare(known, reported);
}

void take_status(store::Transaction& tx, const api::Task& task, const api::TaskStatus& status) {
  SKEIN_ASSERT(status.state() >= task.status().state());
  if (status.state() > api::RUNNING && model::is_attachment(task)) {
    return remove_attachment(tx, task);
  }
  api::Task changed = task;
  *changed.mutable_status() = status;
  *changed.mutable_status()->mutable_applied_at() = model::to_timestamp(tx.now());
  tx.update(std::move(changed));
}

}  // namespace

Result<void> take_report(store::Transaction& tx, const std::string& node_id,
                         const api::UpdateTaskStatusRequest& report) {
  for (const auto& update : report.updates()) {
    auto task = tx.view().get<api::Task>(update.task_id());
    if (task && task->node_id() != node_id)
      return make_error(Code::kPermissionDenied, "cannot update a task not assigned this node");
    if (update.status().ByteSizeLong() > kStatusBytesMax)
      return invalid_argument("the status of task " + update.task_id() + " is larger than " +
                              std::to_string(kStatusBytesMax) + " bytes");
  }
  for (const auto& update : report.updates()) {
    auto task = tx.view().get<api::Task>(update.task_id());
    // Reaped already, if it is not there; the node will be told to forget it.
    if (task && is_news(task->status(), update.status())) take_status(tx, *task, update.status());
    tx.allow_cut();
  }
  return {};
}

struct StatusReports::Batch {
  struct Report {
    std::string node_id;
    api::UpdateTaskStatusRequest request;
    Result<void> answer;
  };
  explicit Batch(const asio::any_io_executor& executor) : due(executor), done(executor) {
    done.expires_at(TimePoint::never());
  }
  void answer_all(const Result<void>& answer) {
    SKEIN_ASSERT(!is_answered);
    for (auto& report : reports) report.answer = answer;
    is_answered = true;
    done.cancel();
  }

  std::vector<Report> reports;
  size_t statuses = 0;
  bool is_answered = false;
  io::Timer due;   // cancelled when the batch is full
  io::Timer done;  // cancelled when the answers are there
};

StatusReports::StatusReports(io::TaskScope& tasks, store::Store& store, Clock& clock)
    : tasks_(tasks), store_(store), clock_(clock) {}

asio::awaitable<Result<void>> StatusReports::write(std::string node_id, api::UpdateTaskStatusRequest report) {
  if (tasks_.is_closing()) co_return make_error(Code::kAborted, "dispatcher is stopped");
  if (!open_) {
    open_ = std::make_shared<Batch>(tasks_.executor());
    open_->due.expires_after(std::max<Duration>(last_write_ + kPause - clock_.now(), Duration::zero()));
    tasks_.spawn("status reports", store_batch(open_));
  }
  auto batch = open_;
  SKEIN_ASSERT(!batch->is_answered && batch->statuses < kStatusesMax);
  const size_t place = batch->reports.size();
  batch->statuses += static_cast<size_t>(report.updates_size());
  batch->reports.push_back({std::move(node_id), std::move(report), Result<void>()});
  if (batch->statuses >= kStatusesMax) {
    open_ = nullptr;
    batch->due.expires_after(Duration::zero());
  }
  while (!batch->is_answered) {
    co_await batch->done.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return batch->reports[place].answer;
}

asio::awaitable<void> StatusReports::store_batch(std::shared_ptr<Batch> batch) {
  co_await batch->due.async_wait(asio::as_tuple(asio::use_awaitable));
  if (open_ == batch) open_ = nullptr;
  if (tasks_.is_closing()) co_return batch->answer_all(make_error(Code::kAborted, "dispatcher is stopped"));
  last_write_ = clock_.now();
  auto stored = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    for (auto& report : batch->reports) report.answer = take_report(tx, report.node_id, report.request);
    return {};
  });
  if (!stored.ok()) {
    log_error("statuses-not-stored", {{"why", stored.error().text()}});
    co_return batch->answer_all(stored);
  }
  batch->is_answered = true;
  batch->done.cancel();
}

}  // namespace skein::manager
