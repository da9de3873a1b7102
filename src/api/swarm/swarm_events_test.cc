// Programs that watch a swarm's events see from ours what they would see from Docker's.
#include "api/swarm/swarm_events.h"

#include <gtest/gtest.h>

#include "io/http/golden_for_test.h"

namespace skein::api {
namespace {

namespace api = model::api;
using nlohmann::json;

template <class T>
store::Change change(const T* before, const T* after) {
  auto ref = [](const T* object) { return object ? std::make_shared<const T>(*object) : store::Ref<T>(); };
  return {model::KindOf<T>::value, (after ? after : before)->id(), ref(before), ref(after)};
}

template <class T>
T named(const std::string& id, const std::string& name, WallTime time) {
  T out;
  out.set_id(id);
  out.mutable_spec()->mutable_annotations()->set_name(name);
  *out.mutable_meta()->mutable_created_at() = model::to_timestamp(time);
  *out.mutable_meta()->mutable_updated_at() = model::to_timestamp(time);
  return out;
}

// The event of an object that was created, updated or removed without other changes.
template <class T>
json plain_event(const json& recorded) {
  WallTime time{recorded["timeNano"]};
  T object = named<T>(recorded["Actor"]["ID"], recorded["Actor"]["Attributes"]["name"], time);
  const std::string action = recorded["Action"];
  auto events =
      swarm_events({change<T>(action == "create" ? nullptr : &object, action == "remove" ? nullptr : &object)}, time);
  EXPECT_EQ(events.size(), 1u);
  return events.empty() ? json() : events[0];
}

TEST(SwarmEvents, recorded_events_come_from_the_changes_that_made_them) {
  size_t count = 0;
  for (const auto& exchange : io::http::captured_exchanges()) {
    if (exchange.name != "events-manager-swarm") continue;
    for (const json& event : exchange.stated["body_json_lines"]) {
      ++count;
      const std::string type = event["Type"];
      if (type == "network") {
        EXPECT_EQ(plain_event<api::Network>(event), event);
      }
      if (type == "secret") {
        EXPECT_EQ(plain_event<api::Secret>(event), event);
      }
      if (type == "node") {
        EXPECT_EQ(plain_event<api::Node>(event), event);
      }
      if (type != "service") continue;
      if (!event["Actor"]["Attributes"].contains("replicas.old")) {
        EXPECT_EQ(plain_event<api::Service>(event), event);
        continue;
      }
      WallTime time{event["timeNano"]};
      auto before = named<api::Service>(event["Actor"]["ID"], event["Actor"]["Attributes"]["name"], time);
      before.mutable_spec()->mutable_replicated()->set_replicas(1);
      api::Service after = before;
      after.mutable_spec()->mutable_replicated()->set_replicas(2);
      EXPECT_EQ(swarm_events({change(&before, &after)}, time), std::vector<json>{event});
    }
  }
  EXPECT_EQ(count, 9u);
}

json attributes(const store::Change& change) { return swarm_events({change}, WallTime{1})[0]["Actor"]["Attributes"]; }

TEST(SwarmEvents, an_update_of_a_service_says_how_far_it_is) {
  auto before = named<api::Service>("s", "web", WallTime{1});
  before.mutable_spec()->mutable_task()->mutable_container()->set_image("a");
  api::Service after = before;
  after.mutable_spec()->mutable_task()->mutable_container()->set_image("b");
  EXPECT_EQ(attributes(change(&before, &after)), (json{{"name", "web"}, {"image.old", "a"}, {"image.new", "b"}}));
  before = after;
  after.mutable_update_status()->set_state(api::UpdateStatus::UPDATING);
  EXPECT_EQ(attributes(change(&before, &after)), (json{{"name", "web"}, {"updatestate.new", "updating"}}));
  before = after;
  after.mutable_update_status()->set_state(api::UpdateStatus::ROLLBACK_STARTED);
  EXPECT_EQ(attributes(change(&before, &after)),
            (json{{"name", "web"}, {"updatestate.old", "updating"}, {"updatestate.new", "rollback_started"}}));
}

TEST(SwarmEvents, an_update_of_a_node_says_what_has_become_of_it) {
  auto before = named<api::Node>("n", "", WallTime{1});
  before.mutable_description()->set_hostname("host1");
  before.mutable_status()->set_state(api::NodeStatus::READY);
  api::Node after = before;
  after.mutable_status()->set_state(api::NodeStatus::DOWN);
  after.mutable_spec()->set_availability(api::DRAIN);
  EXPECT_EQ(attributes(change(&before, &after)), (json{{"name", "host1"},
                                                       {"state.old", "ready"},
                                                       {"state.new", "down"},
                                                       {"availability.old", "active"},
                                                       {"availability.new", "drain"}}));
}

TEST(SwarmEvents, tasks_and_the_cluster_have_none) {
  api::Task task;
  task.set_id("t");
  api::Cluster cluster;
  cluster.set_id("c");
  EXPECT_TRUE(swarm_events({change<api::Task>(nullptr, &task), change<api::Cluster>(&cluster, &cluster)}, {}).empty());
}

}  // namespace
}  // namespace skein::api
