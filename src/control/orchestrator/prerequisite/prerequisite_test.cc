// A database is there before the service that needs it starts, at each start.
#include "control/orchestrator/prerequisite/prerequisite.h"

#include <gtest/gtest.h>

#include "control/orchestrator/prerequisite/prerequisite_index.h"
#include "control/scheduler/swarm_for_test.h"

namespace skein::control {
namespace {

api::ServiceSpec spec_named(const std::string& name, const std::string& label = "") {
  api::ServiceSpec spec;
  spec.mutable_annotations()->set_name(name);
  if (!label.empty()) (*spec.mutable_annotations()->mutable_labels())[kDependsOnLabel] = label;
  spec.mutable_replicated()->set_replicas(1);
  return spec;
}

class Prerequisites : public testing::Test {
 protected:
  Prerequisites() {
    swarm_.add_nodes({"n1"});
    edit_node([](api::Node& node) { node.mutable_status()->mutable_ready_since(); });  // always was
  }

  void put(const std::string& name, const std::string& label = "") {
    api::Service service;
    service.set_id("id-" + name);
    service.mutable_spec_version()->set_index(1);
    *service.mutable_spec() = spec_named(name, label);
    swarm_.put(service);
  }
  void edit(const std::string& name, const std::function<void(api::Service&)>& change) {
    api::Service service = *swarm_.tables.get<api::Service>("id-" + name);
    change(service);
    swarm_.put(service);
  }
  std::string add_task(const std::string& name, api::TaskState state, uint64_t slot = 1) {
    api::Task task = swarm_.task("id-" + name);
    task.clear_spec();
    task.set_slot(slot);
    task.set_node_id("n1");
    task.mutable_spec()->mutable_restart()->set_condition(api::RestartPolicy::NONE);
    task.mutable_status()->set_state(state);
    return swarm_.add(task);
  }
  void set_state(const std::string& id, api::TaskState state) {
    api::Task task = swarm_.get(id);
    task.mutable_status()->set_state(state);
    *task.mutable_status()->mutable_applied_at() = model::to_timestamp(swarm_.now);
    swarm_.put(task);
  }
  void edit_node(const std::function<void(api::Node&)>& change) {
    api::Node node = *swarm_.tables.get<api::Node>("n1");
    change(node);
    swarm_.put(node);
  }
  // Why a service waits that has this label.
  std::string why(const std::string& label) {
    put("web", label);
    const auto wait = wait_of(swarm_.tables, *swarm_.tables.get<api::Service>("id-web"), swarm_.now);
    return wait ? wait->why : "";
  }
  std::string refusal(const std::string& name, const std::string& label) {
    const auto checked = check_prerequisites(spec_named(name, label), swarm_.tables);
    return checked.ok() ? "" : checked.error().what + ": " + checked.error().because;
  }

  TestSwarm swarm_;
};

TEST_F(Prerequisites, started_is_less_than_healthy) {
  EXPECT_EQ(why("db:service_healthy"), "waiting for db to be created");
  put("db");
  EXPECT_EQ(why("db:service_started"), "waiting for db to start");
  const std::string db = add_task("db", api::READY_);
  EXPECT_EQ(why("db:service_started"), "waiting for db to start");
  set_state(db, api::STARTING);
  EXPECT_EQ(why("db:service_started"), "");
  EXPECT_EQ(why("db:service_healthy"), "waiting for db to be healthy");
  set_state(db, api::RUNNING);
  EXPECT_EQ(why("db:service_healthy"), "");
  set_state(db, api::FAILED_);
  EXPECT_EQ(why("db:service_started"), "waiting for db to start");
}

TEST_F(Prerequisites, a_task_that_is_given_up_is_none) {
  put("db");
  const std::string db = add_task("db", api::RUNNING);
  api::Task task = swarm_.get(db);
  task.set_desired_state(api::SHUTDOWN);
  swarm_.put(task);
  EXPECT_EQ(why("db:service_healthy"), "waiting for db to be healthy");
}

TEST_F(Prerequisites, what_a_lost_node_had_told_does_not_count) {
  put("db");
  const std::string db = add_task("db", api::RUNNING);
  set_state(db, api::RUNNING);
  edit_node([](api::Node& node) { node.mutable_status()->set_state(api::NodeStatus::DOWN); });
  EXPECT_EQ(why("db:service_healthy"), "waiting for db to be healthy");
  swarm_.now = swarm_.now + std::chrono::seconds(30);
  edit_node([&](api::Node& node) {
    node.mutable_status()->set_state(api::NodeStatus::READY);
    *node.mutable_status()->mutable_ready_since() = model::to_timestamp(swarm_.now);
  });
  put("web", "db:service_healthy");
  const auto wait = wait_of(swarm_.tables, *swarm_.tables.get<api::Service>("id-web"), swarm_.now);
  ASSERT_TRUE(wait) << "it may tell next that the task is gone";
  EXPECT_EQ(*wait->until, swarm_.now + kConfirmedWithin);
  swarm_.now = swarm_.now + kConfirmedWithin;
  EXPECT_EQ(why("db:service_healthy"), "");
  swarm_.now = swarm_.now + std::chrono::seconds(1);
  edit_node([&](api::Node& node) { *node.mutable_status()->mutable_ready_since() = model::to_timestamp(swarm_.now); });
  set_state(db, api::RUNNING);  // heard of again
  EXPECT_EQ(why("db:service_healthy"), "");
}

TEST_F(Prerequisites, what_an_earlier_manager_was_told_does_not_count) {
  put("db");
  set_state(add_task("db", api::RUNNING), api::RUNNING);
  edit_node([](api::Node& node) { node.mutable_status()->clear_ready_since(); });
  swarm_.now = swarm_.now + std::chrono::hours(1);
  EXPECT_EQ(why("db:service_healthy"), "waiting for db to be healthy");
}

TEST_F(Prerequisites, while_a_service_is_updated_its_new_tasks_count) {
  put("db");
  set_state(add_task("db", api::RUNNING), api::RUNNING);
  edit("db", [](api::Service& service) {
    service.mutable_spec_version()->set_index(2);
    service.mutable_spec()->mutable_task()->mutable_container()->set_image("next");
  });
  EXPECT_EQ(why("db:service_healthy"), "waiting for db to be healthy");
  edit("db", [](api::Service& service) { service.mutable_update_status()->set_state(api::UpdateStatus::PAUSED); });
  EXPECT_EQ(why("db:service_healthy"), "") << "nothing new will come";
}

TEST_F(Prerequisites, a_job_is_complete_when_all_of_its_iteration_are) {
  put("migrate");
  edit("migrate", [](api::Service& service) {
    service.mutable_spec()->mutable_replicated_job()->set_total_completions(2);
    service.mutable_job_status()->mutable_job_iteration()->set_index(3);
  });
  const auto complete = [&](uint64_t slot, uint64_t iteration) {
    api::Task task = swarm_.task("id-migrate");
    task.set_slot(slot);
    task.set_node_id("n1");
    task.mutable_job_iteration()->set_index(iteration);
    task.mutable_status()->set_state(api::COMPLETE_);
    swarm_.put(task);
  };
  complete(1, 2), complete(2, 2);
  const std::string label = "migrate:service_completed_successfully";
  EXPECT_EQ(why(label), "waiting for migrate to complete");
  complete(1, 3);
  EXPECT_EQ(why(label), "waiting for migrate to complete");
  complete(2, 3);
  EXPECT_EQ(why(label), "");
}

TEST_F(Prerequisites, a_service_that_is_not_started_again_completes_too) {
  put("migrate");
  const std::string label = "migrate:service_completed_successfully";
  EXPECT_EQ(why(label), "waiting for migrate to complete");
  const std::string task = add_task("migrate", api::RUNNING);
  EXPECT_EQ(why(label), "waiting for migrate to complete");
  set_state(task, api::COMPLETE_);
  EXPECT_EQ(why(label), "");
  set_state(task, api::FAILED_);
  api::Task failed = swarm_.get(task);
  failed.mutable_status()->set_err("task: non-zero exit (1)");
  swarm_.put(failed);
  EXPECT_EQ(why(label), "waiting for migrate to complete (it failed: task: non-zero exit (1))");
}

TEST_F(Prerequisites, all_reasons_are_told_in_the_stacks_words) {
  put("s_db");
  put("web", "s_db:service_healthy,s_log:service_started");
  edit("web", [](api::Service& service) {
    (*service.mutable_spec()->mutable_annotations()->mutable_labels())["com.docker.stack.namespace"] = "s";
  });
  const auto wait = wait_of(swarm_.tables, *swarm_.tables.get<api::Service>("id-web"), swarm_.now);
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->why, "waiting for db to be healthy, log to be created");
}

TEST_F(Prerequisites, labels_that_cannot_hold_are_refused) {
  EXPECT_EQ(refusal("web", "db:service_healthy,log:service_started"), "");
  for (const char* label : {",", "db", "db:", ":service_healthy", "db:healthy", "db:service_healthy,",
                            "db:service_healthy,db:service_started"})
    EXPECT_NE(refusal("web", label), "") << label;
  EXPECT_EQ(refusal("web", "web:service_started"), "services wait for each other: web waits for web: ");
  put("db", "log:service_started");
  put("log", "web:service_healthy");
  EXPECT_EQ(refusal("web", "db:service_healthy"),
            "services wait for each other: web waits for db, db for log, log for web: ");
  std::string many;
  for (size_t i = 0; i <= kPrerequisitesMax; ++i) many += (i ? ",s" : "s") + std::to_string(i) + ":service_started";
  EXPECT_NE(refusal("web", many), "");
}

TEST_F(Prerequisites, only_those_who_wait_are_looked_at) {
  put("db");
  put("web", "db:service_healthy");
  put("other");
  const auto held = [&](const std::string& name) {
    api::Task task = swarm_.get(add_task(name, api::READY_, 4));
    task.set_desired_state(api::READY_);
    swarm_.put(task);
    return task.id();
  };
  held("other");
  const auto released = [&] { return released_by(swarm_.tables, {"id-db"}, swarm_.now); };
  EXPECT_TRUE(released().places.empty()) << "nobody waits";
  const std::string web = held("web");
  EXPECT_TRUE(released().places.empty()) << "it does not hold yet";
  const std::string db = add_task("db", api::RUNNING);
  EXPECT_EQ(released().places, (std::set<std::pair<std::string, Place>>{{"id-web", Place{4, {}}}}));
  EXPECT_TRUE(released_by(swarm_.tables, {"id-other"}, swarm_.now).places.empty());
  api::Task started = swarm_.get(web);
  started.set_desired_state(api::RUNNING);
  swarm_.put(started);
  EXPECT_TRUE(released().places.empty()) << "it was started";
}

}  // namespace
}  // namespace skein::control
