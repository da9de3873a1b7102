// Filters find the tasks that Docker's would, by what users call things.
#include "api/task_list.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "model/objects.h"

namespace skein::api {
namespace {

namespace api = model::api;
using nlohmann::json;
using Ids = std::set<std::string>;

class TaskList : public testing::Test {
 protected:
  TaskList() {
    api::Node node;
    node.set_id("node1");
    node.mutable_description()->set_hostname("host1");
    put(node);
    api::Service service;
    service.set_id("service1");
    service.mutable_spec()->mutable_annotations()->set_name("web");
    service.mutable_spec()->mutable_task()->mutable_container()->set_image("nginx:1");
    service.mutable_spec_version()->set_index(7);
    put(service);
    put(task("new", 1, "node1", api::RUNNING, "nginx:1", 7));
    api::Task old = task("old", 2, "node2", api::SHUTDOWN, "nginx:0", 3);
    (*old.mutable_service_annotations()->mutable_labels())["com.docker.stack.namespace"] = "s";
    put(old);
    put(task("same", 3, "", api::RUNNING, "nginx:1", 3));
    api::Task attachment;
    attachment.set_id("attachment");
    attachment.set_node_id("node1");
    attachment.mutable_spec()->mutable_attachment();
    put(attachment);
  }

  template <class T>
  void put(const T& object) {
    view_.apply({model::KindOf<T>::value, object.id(), store::Ref<T>(), std::make_shared<const T>(object)});
  }
  static api::Task task(const std::string& id, uint64_t slot, const std::string& node, api::TaskState desired,
                        const std::string& image, uint64_t version) {
    api::Task out;
    out.set_id(id);
    out.set_service_id("service1");
    out.set_slot(slot);
    out.set_node_id(node);
    out.mutable_service_annotations()->set_name("web");
    out.mutable_spec()->mutable_container()->set_image(image);
    out.set_desired_state(desired);
    out.mutable_spec_version()->set_index(version);
    return out;
  }

  Result<json> list(const json& filters) {
    io::http::Query query;
    query.set("filters", filters.dump());
    return list_tasks(view_, query);
  }
  Ids ids(const std::string& filter, const std::string& value) {
    auto tasks = list({{filter, {{value, true}}}});
    EXPECT_TRUE(tasks.ok()) << tasks.error().text();
    Ids out;
    for (const json& one : *tasks) out.insert(one["ID"]);
    return out;
  }

  store::Tables view_;
};

TEST_F(TaskList, filters_choose_tasks) {
  EXPECT_EQ(list(json::object())->size(), 3u);
  EXPECT_EQ(ids("runtime", "attachment"), Ids{"attachment"});
  for (const char* service : {"web", "service1", "serv"})
    EXPECT_EQ(ids("service", service), (Ids{"new", "old", "same"}));
  for (const char* node : {"host1", "node1"}) EXPECT_EQ(ids("node", node), Ids{"new"});
  EXPECT_EQ(ids("desired-state", "shutdown"), Ids{"old"});
  EXPECT_EQ(ids("name", "web.1"), Ids{"new"});
  EXPECT_EQ(ids("id", "ne"), Ids{"new"});
  EXPECT_EQ(list({{"id", json::array()}, {"label", json::object()}})->size(), 3u);
  EXPECT_EQ(ids("desired-state", "SHUTDOWN"), Ids{"old"});
}

// As `docker stack ps s` asks.
TEST_F(TaskList, tasks_are_found_by_the_labels_of_their_service) {
  const std::string label = "com.docker.stack.namespace";
  for (const std::string& value : {label + "=s", label}) {
    EXPECT_EQ(ids("label", value), Ids{"old"}) << value;
    EXPECT_EQ(list({{"label", {value}}})->size(), 1u) << value;
  }
  EXPECT_EQ(ids("label", label + "=t"), Ids{});
}

TEST_F(TaskList, tasks_that_an_update_would_leave_alone_are_up_to_date) {
  EXPECT_EQ(ids("_up-to-date", "true"), (Ids{"new", "same"}));
}

TEST_F(TaskList, what_does_not_exist_is_named) {
  auto refused = [&](const char* filter, const char* value) {
    auto tasks = list({{filter, {{value, true}}}});
    return tasks.ok() ? std::string() : tasks.error().text();
  };
  EXPECT_EQ(refused("service", "nosuch"), "service nosuch not found");
  EXPECT_EQ(refused("node", "nosuch"), "node nosuch not found");
  EXPECT_EQ(refused("desired-state", "happy"), "Invalid desired-state filter: 'happy'");
  EXPECT_EQ(refused("x", "y"), "invalid filter 'x'");
}

}  // namespace
}  // namespace skein::api
