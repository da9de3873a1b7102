// What the tools round Docker swarm live on: rules that hold for every one of them.
#include "api/swarm/swarm_routes_for_test.h"

namespace skein::api {
namespace {

class ClientRules : public SwarmRoutes {
 protected:
  std::string create(const json& body) {
    Answer answer = ask("POST", "/services/create", body);
    EXPECT_EQ(answer.status, 201) << message(answer);
    return answer.body.is_object() ? answer.body.value("ID", "") : "";
  }
  static json service(const std::string& name) {
    return {{"Name", name},
            {"Labels", {{"team", "a"}}},
            {"Mode", {{"Replicated", {{"Replicas", 0}}}}},
            {"TaskTemplate",
             {{"ContainerSpec", {{"Image", "nginx"}, {"Env", {"A=b"}}}},
              {"Resources", {{"SwapBytes", 1048576}, {"MemorySwappiness", 30}}}}}};
  }
  std::string index(const std::string& id) {
    return std::to_string(ask("GET", "/services/" + id).body["Version"]["Index"].get<uint64_t>());
  }
};

TEST_F(ClientRules, every_version_is_answered_and_a_path_without_one_is_of_the_newest) {
  create(service("web"));
  for (const char* path : {"/v1.24/services", "/v1.41/services", "/v1.52/services", "/v1.55/services", "/services"}) {
    Answer answer = ask("GET", path);
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_EQ(answer.body.size(), 1u) << path;
  }
  EXPECT_EQ(ask("GET", "/v1.56/services").status, 400);
  EXPECT_EQ(ask("GET", "/v1.23/services").status, 400);
  // Swap came with 1.52.
  EXPECT_EQ(ask("POST", "/v1.51/services/create", service("old")).status, 201);
  EXPECT_FALSE(ask("GET", "/services/old").body["Spec"]["TaskTemplate"]["Resources"].contains("SwapBytes"));
  EXPECT_EQ(ask("GET", "/services/web").body["Spec"]["TaskTemplate"]["Resources"]["SwapBytes"], 1048576);
  EXPECT_EQ(ask("GET", "/services/web").body["Spec"]["TaskTemplate"]["Resources"]["MemorySwappiness"], 30);
}

TEST_F(ClientRules, names_of_members_have_no_case_and_unknown_ones_say_nothing) {
  const json body{{"name", "web"},
                  {"authconfig", {{"username", "u"}}},
                  {"version", 7},
                  {"tasktemplate", {{"containerspec", {{"image", "nginx"}, {"HealthCheck", {{"Retries", 3}}}}}}},
                  {"mode", {{"replicated", {{"replicas", 0}}}}}};
  create(body);
  const json shown = ask("GET", "/services/web").body["Spec"];
  EXPECT_EQ(shown["TaskTemplate"]["ContainerSpec"]["Image"], "nginx");
  EXPECT_EQ(shown["TaskTemplate"]["ContainerSpec"]["Healthcheck"]["Retries"], 3);
  EXPECT_EQ(shown["Mode"]["Replicated"]["Replicas"], 0);
}

TEST_F(ClientRules, filters_have_two_forms_of_one_meaning_and_stand_nowhere_else) {
  create(service("web"));
  create(service("db"));
  auto count = [&](const std::string& query) { return ask("GET", "/services" + query).body.size(); };
  for (const char* form : {R"({"name":["web"]})", R"({"name":{"web":true}})", R"({"name":{"web":false}})"})
    EXPECT_EQ(count("?filters=" + io::http::percent_encode(form)), 1u) << form;
  EXPECT_EQ(count("?name=web"), 2u);
  for (const char* name : {"s1", "s2"})
    EXPECT_EQ(ask("POST", "/secrets/create", {{"Name", name}, {"Data", "eA=="}}).status, 201);
  EXPECT_EQ(ask("GET", "/secrets?name=s1").body.size(), 2u);
}

TEST_F(ClientRules, a_spec_sent_back_whole_changes_nothing) {
  const std::string id = create(service("web"));
  json spec = ask("GET", "/services/" + id).body["Spec"];
  const json before = spec;
  spec["version"] = 99;  // in the body it says nothing
  EXPECT_EQ(ask("POST", "/services/" + id + "/update?version=" + index(id), spec).status, 200);
  EXPECT_EQ(ask("GET", "/services/" + id).body["Spec"], before);
  for (uint64_t force : {uint64_t{1}, uint64_t{4711}, std::numeric_limits<uint64_t>::max(), uint64_t{0}}) {
    spec["TaskTemplate"]["ForceUpdate"] = force;
    EXPECT_EQ(ask("POST", "/services/" + id + "/update?version=" + index(id), spec).status, 200) << force;
    EXPECT_EQ(ask("GET", "/services/" + id).body["Spec"]["TaskTemplate"]["ForceUpdate"], force);
  }
}

TEST_F(ClientRules, an_update_of_what_has_changed_is_refused_so_that_tools_try_again) {
  const std::string id = create(service("web"));
  const json spec = ask("GET", "/services/" + id).body["Spec"];
  const std::string stale = index(id);
  EXPECT_EQ(ask("POST", "/services/" + id + "/update?version=" + stale, spec).status, 200);
  Answer answer = ask("POST", "/services/" + id + "/update?version=" + stale, spec);
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(message(answer), "rpc error: code = Unknown desc = update out of sequence");
  EXPECT_EQ(ask("POST", "/services/" + id + "/update", spec).status, 400);
}

TEST_F(ClientRules, states_decide_what_tools_do_next) {
  for (const char* path : {"/services/none", "/nodes/none", "/tasks/none", "/secrets/none", "/configs/none"})
    EXPECT_EQ(ask("GET", path).status, 404) << path;
  create(service("web"));
  EXPECT_EQ(ask("POST", "/services/create", service("web")).status, 409);
  EXPECT_EQ(ask("GET", "/nothing").status, 404);
  stop_manager();
  for (const char* path : {"/services", "/nodes", "/tasks", "/secrets", "/configs", "/swarm"})
    EXPECT_EQ(ask("GET", path).status, 503) << path;
}

}  // namespace
}  // namespace skein::api
