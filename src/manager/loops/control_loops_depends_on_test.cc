// What a service depends on holds before its tasks start, however and whenever that comes about.
#include "control/orchestrator/prerequisite/prerequisite.h"
#include "manager/loops/control_loops_for_test.h"

namespace skein::manager {
namespace {

class DependsOn : public Loops {
 protected:
  static api::ServiceSpec named(const std::string& name, const std::string& label = "") {
    api::ServiceSpec spec;
    spec.mutable_annotations()->set_name(name);
    if (!label.empty()) (*spec.mutable_annotations()->mutable_labels())[control::kDependsOnLabel] = label;
    spec.mutable_task()->mutable_container()->set_image(name);
    spec.mutable_task()->mutable_restart()->set_condition(api::RestartPolicy::ANY);
    spec.mutable_task()->mutable_restart()->mutable_delay();  // none
    spec.mutable_replicated()->set_replicas(1);
    return spec;
  }
  store::Ref<api::Task> only(const std::string& service) const {
    const auto all = wanted(service);
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? std::make_shared<const api::Task>() : all[0];
  }
};

TEST_F(DependsOn, a_task_is_prepared_and_waits) {
  add_node("n1");
  const auto web = create(named("web", "db:service_healthy"));
  EXPECT_EQ(only(web)->status().state(), api::ASSIGNED);
  EXPECT_EQ(only(web)->desired_state(), api::READY_);
  const auto db = create(named("db"));
  report(only(db)->id(), api::STARTING);
  EXPECT_EQ(only(web)->desired_state(), api::READY_);
  report(only(db)->id(), api::RUNNING);
  EXPECT_EQ(only(web)->desired_state(), api::RUNNING);
}

TEST_F(DependsOn, each_new_start_waits_again) {
  add_node("n1");
  const auto db = create(named("db"));
  const auto web = create(named("web", "db:service_healthy"));
  report(only(db)->id(), api::RUNNING);
  report(only(web)->id(), api::RUNNING);
  report(only(db)->id(), api::FAILED_);
  EXPECT_EQ(only(web)->desired_state(), api::RUNNING) << "what runs goes on";
  report(only(web)->id(), api::FAILED_);
  EXPECT_EQ(only(web)->desired_state(), api::READY_);
  report(only(db)->id(), api::RUNNING);
  EXPECT_EQ(only(web)->desired_state(), api::RUNNING);
}

TEST_F(DependsOn, a_service_without_prerequisites_waits_for_nobody) {
  add_node("n1");
  EXPECT_EQ(only(create(named("web")))->desired_state(), api::RUNNING);
}

TEST_F(DependsOn, an_update_leaves_what_runs_until_its_successor_may_start) {
  add_node("n1");
  const auto db = create(named("db"));
  const auto web = create(named("web", "db:service_healthy"));
  report(only(db)->id(), api::RUNNING);
  report(only(web)->id(), api::RUNNING);
  const auto before = only(web)->id();
  report(only(db)->id(), api::FAILED_);
  auto next = named("web", "db:service_healthy");
  next.mutable_task()->mutable_container()->set_image("next");
  ASSERT_TRUE(update(web, next).ok());
  EXPECT_EQ(only(web)->id(), before);
  report(only(db)->id(), api::RUNNING);
  EXPECT_NE(only(web)->id(), before);
  EXPECT_EQ(only(web)->spec().container().image(), "next");
}

TEST_F(DependsOn, a_migration_runs_before_the_next_version) {
  add_node("n1");
  auto job = named("migrate");
  job.mutable_task()->mutable_restart()->set_condition(api::RestartPolicy::ON_FAILURE);
  job.mutable_replicated_job()->set_total_completions(1);
  job.mutable_replicated_job()->set_max_concurrent(1);
  const auto migrate = create(job);
  const auto web = create(named("web", "migrate:service_completed_successfully"));
  EXPECT_EQ(only(web)->desired_state(), api::READY_);
  const auto first = store_.view().tasks_of_service(migrate);
  ASSERT_EQ(first.size(), 1u);
  report(first[0]->id(), api::COMPLETE_);
  EXPECT_EQ(only(web)->desired_state(), api::RUNNING);
  report(only(web)->id(), api::RUNNING);

  job.mutable_task()->mutable_container()->set_image("more");
  ASSERT_TRUE(update(migrate, job).ok());
  const auto before = only(web)->id();
  auto next = named("web", "migrate:service_completed_successfully");
  next.mutable_task()->mutable_container()->set_image("next");
  ASSERT_TRUE(update(web, next).ok());
  EXPECT_EQ(only(web)->id(), before);
  for (const auto& task : store_.view().tasks_of_service(migrate))
    if (task->spec().container().image() == "more") report(task->id(), api::COMPLETE_);
  EXPECT_NE(only(web)->id(), before);
}

TEST_F(DependsOn, a_node_that_has_told_nothing_yet_is_waited_for) {
  add_node("n1");
  const auto db = create(named("db"));
  report(only(db)->id(), api::RUNNING);
  change_node("n1", [](api::Node& node) { node.mutable_status()->clear_ready_since(); });
  const auto web = create(named("web", "db:service_healthy"));
  EXPECT_EQ(only(web)->desired_state(), api::READY_);
  change_node("n1", [](api::Node& node) { node.mutable_status()->mutable_ready_since(); });
  EXPECT_EQ(only(web)->desired_state(), api::RUNNING);
}

TEST_F(DependsOn, removing_the_label_lets_tasks_start) {
  add_node("n1");
  const auto web = create(named("web", "db:service_healthy"));
  EXPECT_EQ(only(web)->desired_state(), api::READY_);
  ASSERT_TRUE(update(web, named("web")).ok());
  EXPECT_EQ(only(web)->desired_state(), api::RUNNING);
}

}  // namespace
}  // namespace skein::manager
