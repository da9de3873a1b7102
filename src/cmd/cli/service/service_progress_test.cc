// Someone who makes a service must see what is missing, and be let go once it runs, not before.
#include "cmd/cli/service/service_progress.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "cmd/cli/service/progress_display.h"

namespace skein::cli {
namespace {

constexpr WallTime kStart{1'795'382'300'000'000'000};

Json service_of(const Json& mode, const Json& update_status = nullptr) {
  return {{"ID", "svcid1"},
          {"Spec", {{"Mode", mode}, {"UpdateConfig", {{"Monitor", 5'000'000'000}}}}},
          {"UpdateStatus", update_status},
          {"JobStatus", {{"JobIteration", {{"Index", 4}}}}}};
}

Json replicated(int replicas) { return {{"Replicated", {{"Replicas", replicas}}}}; }

struct Seen {
  std::string state;
  int slot = 1;
  std::string desired = "running";
  std::string node = "n1";
  std::string error = "";
  int iteration = 4;
};

Json task_of(const Seen& seen) {
  return {{"Slot", seen.slot},
          {"NodeID", seen.node},
          {"DesiredState", seen.desired},
          {"JobIteration", {{"Index", seen.iteration}}},
          {"Status", {{"State", seen.state}, {"Err", seen.error}}}};
}

// A service watched for `look`s that are a second apart.
class Watch {
 public:
  explicit Watch(Json service, int columns = 0) : service_(std::move(service)), display_(file_, columns) {}
  ~Watch() {
    std::fclose(file_);
    std::free(text_);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // True: over.
  bool look(const std::vector<Seen>& tasks) {
    now_ = now_ + Duration(1'000'000'000);
    const auto is_over = progress_.see_service(service_, now_);
    error_ = is_over.ok() ? "" : is_over.error().what;
    if (!is_over.ok() || *is_over) return true;
    Json list = Json::array();
    for (const Seen& task : tasks) list.push_back(task_of(task));
    return progress_.see_tasks(list, nodes_, now_);
  }
  void look_at_older(const std::string& error) {
    progress_.see_older_tasks(Json::array({task_of({.state = "running", .error = error})}));
  }
  void set_update(const Json& status) { service_["UpdateStatus"] = status; }

  // What has been printed since the last call.
  std::string shown() {
    for (const ProgressLine& line : progress_.take_lines()) display_.show(line);
    std::fflush(file_);
    const std::string all(text_, size_);
    return all.substr(std::exchange(read_, size_));
  }
  const std::string& error() const { return error_; }

 private:
  Json service_;
  Json nodes_ = Json::parse(R"([{"ID":"n1","Status":{"State":"ready"}},{"ID":"n2","Status":{"State":"down"}}])");
  char* text_ = nullptr;
  size_t size_ = 0;
  size_t read_ = 0;
  std::FILE* file_ = open_memstream(&text_, &size_);
  WallTime now_ = kStart;
  ServiceProgress progress_{"web"};
  ProgressDisplay display_;
  std::string error_;
};

TEST(ServiceProgress, an_update_that_waits_for_others_says_so_once) {
  Watch watch(service_of(replicated(1)));
  watch.look({});
  watch.look_at_older("update: waiting for db to be healthy");
  EXPECT_EQ(watch.shown(),
            "overall progress: 0 out of 1 tasks\n1/1:  \noverall progress: 0 out of 1 tasks\n"
            "update: waiting for db to be healthy\n");
  watch.look_at_older("update: waiting for db to be healthy");
  EXPECT_EQ(watch.shown(), "");
  watch.look_at_older("");
  EXPECT_EQ(watch.shown(), "update:  \n");
}

TEST(ServiceProgress, tasks_are_counted_until_all_run_and_stay) {
  Watch watch(service_of(replicated(3)));
  EXPECT_FALSE(watch.look({}));
  EXPECT_EQ(watch.shown(),
            "overall progress: 0 out of 3 tasks\n1/3:  \n2/3:  \n3/3:  \noverall progress: 0 out of 3 tasks\n");
  // Slots have lines in the order in which they are seen; an error is one line, and cut.
  watch.look({{.state = "new", .slot = 1},
              {.state = "pending", .slot = 7, .error = "no suitable node\nreally " + std::string(100, 'x')}});
  EXPECT_EQ(watch.shown(),
            "2/3: no suitable node really " + std::string(50, 'x') + "…\noverall progress: 0 out of 3 tasks\n");
  // What runs on a node that is down does not count, nor what is about to end.
  watch.look({{.state = "running", .slot = 1},
              {.state = "running", .slot = 7, .node = "n2"},
              {.state = "running", .slot = 9, .desired = "shutdown"}});
  EXPECT_EQ(watch.shown(), "overall progress: 1 out of 3 tasks\n");
  const std::vector<Seen> all = {{.state = "running", .slot = 1},
                                 {.state = "running", .slot = 7},
                                 {.state = "failed", .slot = 7, .desired = "shutdown"},
                                 {.state = "running", .slot = 9}};
  EXPECT_FALSE(watch.look(all));
  EXPECT_EQ(watch.shown(),
            "overall progress: 3 out of 3 tasks\nverify: Waiting 5 seconds to verify that tasks are stable...\n");
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(watch.look(all));
  watch.shown();
  EXPECT_TRUE(watch.look(all));
  EXPECT_EQ(watch.shown(), "verify: Service web converged\n");
}

TEST(ServiceProgress, a_task_that_fails_meanwhile_begins_the_wait_anew) {
  Watch watch(service_of(replicated(1)));
  watch.look({{.state = "running"}});
  for (int i = 0; i < 3; ++i) watch.look({{.state = "running"}});
  watch.shown();
  EXPECT_FALSE(watch.look({{.state = "failed", .desired = "shutdown"}}));
  EXPECT_EQ(watch.shown(), "overall progress: 0 out of 1 tasks\nverify: Detected task failure\n");
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(watch.look({{.state = "running"}})) << i;
  EXPECT_TRUE(watch.look({{.state = "running"}}));
}

TEST(ServiceProgress, many_tasks_are_only_counted) {
  Watch watch(service_of(replicated(21)));
  watch.look({{.state = "pending", .error = "e"}});
  EXPECT_EQ(watch.shown(), "overall progress: 0 out of 21 tasks\noverall progress: 0 out of 21 tasks\n");
}

TEST(ServiceProgress, nothing_wanted_is_there_at_once) {
  Watch watch(service_of(replicated(0)));
  EXPECT_FALSE(watch.look({}));
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(watch.look({}));
  EXPECT_TRUE(watch.look({}));
}

TEST(ServiceProgress, global_services_wait_for_their_first_tasks) {
  Watch watch(service_of({{"Global", Json::object()}}));
  EXPECT_FALSE(watch.look({}));
  EXPECT_EQ(watch.shown(), "overall progress: waiting for new tasks\n");
  watch.look({{.state = "running"}, {.state = "running", .node = "n2"}});
  EXPECT_EQ(watch.shown(), "overall progress: 0 out of 2 tasks\noverall progress: 1 out of 2 tasks\n");
  watch.look({{.state = "running"}});
  EXPECT_EQ(watch.shown(),
            "overall progress: 1 out of 1 tasks\nverify: Waiting 5 seconds to verify that tasks are stable...\n");
}

TEST(ServiceProgress, an_update_that_stops_is_an_error) {
  Watch watch(service_of(replicated(1), {{"State", "updating"}}));
  EXPECT_FALSE(watch.look({{.state = "failed", .desired = "shutdown"}}));
  watch.set_update({{"State", "paused"}, {"Message", "update paused due to failure"}});
  EXPECT_TRUE(watch.look({}));
  EXPECT_EQ(watch.error(), "service update paused: update paused due to failure");
  watch.set_update({{"State", "rollback_paused"}, {"Message", "m"}});
  EXPECT_TRUE(watch.look({}));
  EXPECT_EQ(watch.error(), "service rollback paused: m");
}

TEST(ServiceProgress, a_rollback_is_told_once) {
  Watch watch(service_of(replicated(2), {{"State", "updating"}}));
  watch.look({});
  watch.shown();
  watch.set_update({{"State", "rollback_started"}, {"Message", "update rolled back due to failure"}});
  watch.look({{.state = "running"}});
  watch.look({{.state = "running"}});
  EXPECT_EQ(watch.shown(),
            "rollback: update rolled back due to failure\noverall progress: rolling back update: 1 out of 2 tasks\n"
            "overall progress: rolling back update: 1 out of 2 tasks\n");
}

TEST(ServiceProgress, an_update_that_was_completed_before_is_not_waited_for) {
  Watch watch(service_of(replicated(1), {{"State", "completed"}}));
  EXPECT_TRUE(watch.look({}));
  EXPECT_EQ(watch.shown(), "");
}

TEST(ServiceProgress, jobs_end_when_all_have_completed) {
  Watch watch(service_of({{"ReplicatedJob", {{"MaxConcurrent", 2}, {"TotalCompletions", 3}}}}));
  EXPECT_FALSE(watch.look({}));
  EXPECT_EQ(watch.shown(), "active tasks: 0 out of 2 tasks\n1/3:  \n2/3:  \n3/3:  \nactive tasks: 0 out of 2 tasks\n");
  // Tasks of an earlier run of the job do not count.
  EXPECT_FALSE(watch.look({{.state = "running", .slot = 0},
                           {.state = "pending", .slot = 1, .error = "why"},
                           {.state = "complete", .slot = 2, .iteration = 3}}));
  EXPECT_EQ(watch.shown(), "2/3: why\nactive tasks: 2 out of 2 tasks\n");
  EXPECT_TRUE(watch.look(
      {{.state = "complete", .slot = 0}, {.state = "complete", .slot = 1}, {.state = "complete", .slot = 2}}));
  EXPECT_EQ(watch.shown(), "active tasks: 0 out of 0 tasks\njob complete\n");
}

TEST(ServiceProgress, global_jobs_wait_for_the_nodes_they_began_on) {
  Watch watch(service_of({{"GlobalJob", Json::object()}}));
  EXPECT_FALSE(watch.look({}));
  EXPECT_EQ(watch.shown(), "job progress: waiting for tasks\n");
  EXPECT_FALSE(watch.look({{.state = "running"}}));
  EXPECT_TRUE(watch.look({{.state = "complete"}, {.state = "running", .node = "n3"}}));
  EXPECT_EQ(watch.shown(), "job complete\n");
}

// What docker wrote on a terminal of 120 columns for the same answers.
TEST(ProgressDisplay, lines_change_in_place) {
  Watch watch(service_of(replicated(2)), 120);
  watch.look({});
  EXPECT_EQ(watch.shown(),
            "\n\x1b[1A\x1b[2K\roverall progress: 0 out of 2 tasks \r\x1b[1B\n\x1b[1A\x1b[2K\r1/2:   \r\x1b[1B"
            "\n\x1b[1A\x1b[2K\r2/2:   \r\x1b[1B\x1b[3A\x1b[2K\roverall progress: 0 out of 2 tasks \r\x1b[3B");
  watch.look({{.state = "new", .slot = 1}, {.state = "running", .slot = 2}});
  EXPECT_EQ(watch.shown(),
            "\x1b[2A\x1b[2K\r1/2: new       [=====>                                             ] \r\x1b[2B"
            "\x1b[1A\x1b[2K\r2/2: running   [==================================================>] \r\x1b[1B"
            "\x1b[3A\x1b[2K\roverall progress: 1 out of 2 tasks \r\x1b[3B");
}

TEST(ProgressDisplay, narrow_terminals_get_no_bars) {
  Watch watch(service_of(replicated(1)), 80);
  watch.look({{.state = "new"}});
  EXPECT_NE(watch.shown().find("1/1: new       \r"), std::string::npos);
}

}  // namespace
}  // namespace skein::cli
