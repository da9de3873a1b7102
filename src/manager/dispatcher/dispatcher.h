// gRPC service Dispatcher: the managers' side of every node's session. Nodes register, beat, get the full session
// state and their assignments, and report the states of their tasks.
//
// On the loop's thread; what runs belongs to the scope, which is closed before this is destroyed, and after the server:
// then no stream is open any more. What a change of the store costs follows the nodes and tasks that it concerns.
// Registered nodes are READY in the store; those that miss their heartbeats become DOWN, and after a day without them
// their tasks ORPHANED.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "base/time/clock.h"
#include "io/loop/task_scope.h"
#include "io/rpc/server.h"
#include "manager/dispatcher/absences.h"
#include "manager/dispatcher/assignments.h"
#include "manager/dispatcher/attachment_news.h"
#include "manager/dispatcher/liveness.h"
#include "manager/dispatcher/session_news.h"
#include "manager/dispatcher/status_reports.h"
#include "store/store.h"
#include "wire/proto/dispatcher.pb.h"

namespace skein::manager {

class Dispatcher {
 public:
  // All references must outlive it.
  Dispatcher(io::TaskScope& tasks, store::Store& store, Clock& clock, Random& random);
  void register_with(rpc::Server& server);

  // Nodes that the store believes ready must show themselves; starts the heartbeat timer.
  void start();
  // Ends the sessions of a node that was removed.
  void drop(const std::string& node_id);

 private:
  using SessionWriter = rpc::Writer<store::api::SessionMessage>;
  using AssignmentWriter = rpc::Writer<store::api::AssignmentsMessage>;
  template <class T>
  using Reply = boost::asio::awaitable<Result<T>>;

  struct OpenSession {
    std::string node_id;
    std::string session_id;
    std::shared_ptr<SessionWriter> writer;
  };
  struct OpenAssignments {
    std::string node_id;
    std::shared_ptr<AssignmentWriter> writer;
    AssignmentSequence sequence;
  };

  Result<std::string> caller(const rpc::Call& call) const;
  boost::asio::awaitable<void> open_session(store::api::SessionRequest request, std::shared_ptr<SessionWriter> writer);
  void open_assignments(const store::api::AssignmentsRequest& request, const std::shared_ptr<AssignmentWriter>& writer);
  Reply<store::api::UpdateTaskStatusResponse> update_status(const rpc::Call& call,
                                                            const store::api::UpdateTaskStatusRequest& request);
  void take(const store::Changes& changes);
  void refresh_soon();
  boost::asio::awaitable<void> refresh();
  void refresh_sessions();
  void refresh_assignments();
  void refresh_at(TimePoint at);
  boost::asio::awaitable<void> forget_sessions();
  boost::asio::awaitable<void> watch_heartbeats();
  boost::asio::awaitable<Result<void>> store_absences(std::set<std::string>& lost, std::set<std::string>& given_up);

  io::TaskScope& tasks_;
  store::Store& store_;
  Clock& clock_;
  Random& random_;
  Liveness liveness_;
  Absences absences_;
  store::Store::Watch watch_;
  bool refresh_is_due_ = false;
  StatusReports reports_;
  std::map<uint64_t, OpenSession> sessions_;
  SessionNews session_news_;
  std::map<uint64_t, OpenAssignments> assignments_;
  std::multimap<std::string, uint64_t> streams_of_;  // node -> its open assignments
  std::set<uint64_t> untold_;                        // of these, those with something to tell
  AttachmentNews news_;
  io::Timer hold_timer_;
  uint64_t next_stream_ = 1;
};

}  // namespace skein::manager
