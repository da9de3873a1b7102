#include "engine/podman/container_list.h"

#include <gtest/gtest.h>

namespace skein::engine {
namespace {

using nlohmann::json;

const WallTime kNow{1'000'000'000'000};  // second 1000

// As Podman 4.3.1 tells it.
json libpods(const std::string& id, const std::string& state, const std::string& created) {
  return {{"Id", id},           {"Names", {"name-of-" + id}}, {"State", state},
          {"Created", created}, {"StartedAt", 940},           {"ExitedAt", 995},
          {"ExitCode", 137}};
}
json dockers(const std::string& id) {
  return {{"Id", id},         {"Names", {"/old"}}, {"Image", "localhost/box:latest"},
          {"State", "stale"}, {"Status", "stale"}, {"Labels", {{"of", id}, {"all", "1"}}}};
}

class ContainerListTest : public testing::Test {
 protected:
  void have(const std::string& id, const std::string& state, const std::string& created = "2026-01-01T00:00:00Z") {
    told_.push_back(libpods(id, state, created));
    list_.update(told_);
    list_.learn(json::array({dockers(id)}));
  }
  json shown(const std::vector<std::string>& labels = {}) { return list_.show(labels, kNow); }
  json told_ = json::array();
  ContainerList list_;
};

TEST_F(ContainerListTest, what_changes_is_libpods_and_the_rest_the_docker_like_list) {
  have("a", "running");
  const json entry = shown().at(0);
  EXPECT_EQ(entry["Image"], "localhost/box:latest");
  EXPECT_EQ(entry["Names"], json::array({"/name-of-a"}));
  EXPECT_EQ(entry["State"], "running");
  EXPECT_EQ(entry["Status"], "Up About a minute");
}

TEST_F(ContainerListTest, states_have_dockers_words) {
  const std::vector<std::array<const char*, 3>> table{{"configured", "created", "Created"},
                                                      {"created", "created", "Created"},
                                                      {"initialized", "created", "Created"},
                                                      {"running", "running", "Up About a minute"},
                                                      {"stopping", "running", "Up About a minute"},
                                                      {"paused", "paused", "Up About a minute (Paused)"},
                                                      {"stopped", "exited", "Exited (137) 5 seconds ago"},
                                                      {"exited", "exited", "Exited (137) 5 seconds ago"},
                                                      {"removing", "removing", "Removal In Progress"}};
  for (const auto& [podmans, state, status] : table) {
    list_.update(json::array({libpods("a", podmans, "2026-01-01T00:00:00Z")}));
    list_.learn(json::array({dockers("a")}));
    EXPECT_EQ(shown().at(0)["State"], state) << podmans;
    EXPECT_EQ(shown().at(0)["Status"], status) << podmans;
  }
}

TEST_F(ContainerListTest, the_unchanging_part_is_asked_for_once) {
  list_.update(json::array({libpods("a", "created", "x"), libpods("b", "created", "x")}));
  EXPECT_EQ(list_.unknown(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(shown(), json::array());
  list_.learn(json::array({dockers("a"), dockers("b"), dockers("gone")}));
  EXPECT_TRUE(list_.unknown().empty());
  list_.update(json::array({libpods("b", "running", "x"), libpods("c", "created", "x")}));
  EXPECT_EQ(list_.unknown(), std::vector<std::string>{"c"});
  EXPECT_EQ(shown().size(), 1u);
  EXPECT_EQ(shown().at(0)["Id"], "b");
}

TEST_F(ContainerListTest, one_that_comes_back_is_asked_for_again) {
  have("a", "running");
  list_.update(json::array());
  list_.update(told_);
  EXPECT_EQ(list_.unknown(), std::vector<std::string>{"a"});
}

TEST_F(ContainerListTest, some_are_asked_for_again_and_the_rest_stays) {
  have("a", "running");
  have("b", "running");
  have("c", "running");
  list_.update_some({"a", "b", "d"}, json::array({libpods("a", "exited", "x"), libpods("d", "created", "x"),
                                                  libpods("c", "exited", "x")}));
  EXPECT_EQ(list_.unknown(), std::vector<std::string>{"d"});
  list_.learn(json::array({dockers("d")}));
  std::map<std::string, std::string> states;
  for (const auto& entry : shown()) states[entry["Id"]] = entry["State"];
  EXPECT_EQ(states, (std::map<std::string, std::string>{{"a", "exited"}, {"c", "running"}, {"d", "created"}}));
}

TEST_F(ContainerListTest, names_lead_to_ids) {
  have("a", "running");
  EXPECT_EQ(list_.id_of("name-of-a"), "a");
  EXPECT_EQ(list_.id_of("a"), "");
  list_.remove("a");
  EXPECT_EQ(list_.id_of("name-of-a"), "");
}

TEST_F(ContainerListTest, newest_first) {
  have("a", "running", "2026-01-01T00:00:01.5Z");
  have("b", "running", "2026-01-01T00:00:03Z");
  have("c", "running", "2026-01-01T00:00:02Z");
  std::string order;
  for (const auto& entry : shown()) order += entry["Id"];
  EXPECT_EQ(order, "bca");
}

TEST_F(ContainerListTest, labels_choose) {
  have("a", "running");
  have("b", "running");
  EXPECT_EQ(shown({"all"}).size(), 2u);
  EXPECT_EQ(shown({"all", "of=b"}).size(), 1u);
  EXPECT_EQ(shown({"of=b"}).at(0)["Id"], "b");
  EXPECT_EQ(shown({"of=c"}), json::array());
  EXPECT_EQ(shown({"other"}), json::array());
}

TEST_F(ContainerListTest, what_is_no_list_is_an_empty_one) {
  for (const char* text : {"null", "{}", "7", "[7, {}, {\"Id\": 7}]"}) {
    list_.update(json::parse(text));
    list_.learn(json::parse(text));
    EXPECT_EQ(shown(), json::array()) << text;
  }
}

}  // namespace
}  // namespace skein::engine
