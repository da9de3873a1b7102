// Filters find the tasks that Docker's would, by what users call things.
#include "api/services/task_list.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
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
    view_.apply({model::KindOf<T>::value, object.id(), view_.get<T>(object.id()), std::make_shared<const T>(object)});
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
    SKEIN_TRY_ASSIGN(auto selection, select_tasks(view_, query));
    return json_of(selection);
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

// Keeps what was written, and how often.
class Pieces final : public io::http::BodySink {
 public:
  boost::asio::awaitable<Result<void>> write(std::string_view bytes) override {
    text += bytes;
    ++count;
    co_return Result<void>();
  }
  std::string text;
  int count = 0;
};

TEST_F(TaskList, a_long_list_is_written_in_pieces_between_which_others_have_their_turn) {
  const size_t count = 5 * kListedAtOnce + 7;
  for (size_t i = 0; i < count; ++i) put(task("many" + std::to_string(i), i + 10, "node1", api::RUNNING, "nginx:1", 7));
  auto selection = select_tasks(view_, {});
  ASSERT_TRUE(selection.ok());
  auto response = list_response(*selection);
  ASSERT_TRUE(response.stream);
  Pieces sink;
  boost::asio::io_context loop;
  int turns = 0;
  bool is_over = false;
  boost::asio::co_spawn(loop, response.stream(sink), [&](const std::exception_ptr&) { is_over = true; });
  std::function<void()> other = [&] {
    ++turns;
    if (!is_over) boost::asio::post(loop, other);
  };
  boost::asio::post(loop, other);
  loop.run();
  EXPECT_GE(turns, 5);
  EXPECT_GE(sink.count, 5);
  const json written = json::parse(sink.text);
  EXPECT_EQ(written, json_of(*selection));
  EXPECT_EQ(written.size(), count + 3);
}

TEST_F(TaskList, who_asks_for_one_services_tasks_has_no_others_looked_at) {
  api::Service other;
  other.set_id("service2");
  other.mutable_spec()->mutable_annotations()->set_name("db");
  put(other);
  for (int i = 0; i < 10; ++i) {
    api::Task each = task("other" + std::to_string(i), 1, "node2", api::RUNNING, "db", 1);
    each.set_service_id("service2");
    put(each);
  }
  auto candidates = [&](const char* filter, const char* value) {
    io::http::Query query;
    query.set("filters", json{{filter, {{value, true}}}}.dump());
    return select_tasks(view_, query)->candidates.size();
  };
  EXPECT_EQ(candidates("service", "web"), 3u);
  EXPECT_EQ(candidates("node", "host1"), 2u);
  EXPECT_EQ(candidates("id", "other3"), 1u);
}

TEST_F(TaskList, an_update_that_waits_says_why_at_what_still_runs) {
  api::Service service = *view_.get<api::Service>("service1");
  (*service.mutable_spec()->mutable_annotations()->mutable_labels())["skein.depends_on"] = "db:service_started";
  const auto put_status = [&](api::UpdateStatus::State state) {
    service.mutable_update_status()->set_state(state);
    put(service);
  };
  for (const char* image : {"nginx:0", "nginx:1"}) {
    api::Task running = task("running", 1, "node1", api::RUNNING, image, 3);
    running.mutable_status()->set_state(api::RUNNING);
    put(running);
    const auto error = [&] { return (*list({{"id", {{"running", true}}}}))[0]["Status"].value("Err", ""); };
    const bool is_replaced = std::string(image) == "nginx:0";
    put_status(api::UpdateStatus::UPDATING);
    EXPECT_EQ(error(), is_replaced ? "update: waiting for db to be created" : "");
    put_status(api::UpdateStatus::COMPLETED);
    EXPECT_EQ(error(), "");
  }
}

}  // namespace
}  // namespace skein::api
