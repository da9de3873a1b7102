// The calls that docker service … makes, against a manager in memory.
#include <gmock/gmock.h>

#include "api/swarm/swarm_routes_for_test.h"

namespace skein::api {
namespace {

using testing::HasSubstr;

class ServiceRoutes : public SwarmRoutes {
 protected:
  ServiceRoutes() {
    swarm::NetworkSpec blue;
    blue.mutable_annotations()->set_name("blue");
    blue.mutable_driver_config()->set_name("overlay");
    blue_ = *wait(host_.manager_of_swarm->create_network(blue));
  }

  static json spec(const std::string& name) {
    return {{"Name", name}, {"TaskTemplate", {{"ContainerSpec", {{"Image", "nginx"}}}}}};
  }
  std::string create(const json& body) {
    Answer answer = ask("POST", "/services/create", body);
    EXPECT_EQ(answer.status, 201) << message(answer);
    return answer.body.value("ID", "");
  }
  std::string version(const std::string& id) {
    return std::to_string(ask("GET", "/services/" + id).body["Version"]["Index"].get<uint64_t>());
  }
  std::set<std::string> names(const std::string& filters) {
    std::set<std::string> out;
    for (const json& service : ask("GET", "/services?filters=" + io::http::percent_encode(filters)).body)
      out.insert(service["Spec"]["Name"]);
    return out;
  }

  std::string blue_;
};

using Names = std::set<std::string>;

TEST_F(ServiceRoutes, a_service_is_created_shown_updated_rolled_back_and_removed) {
  json wanted = spec("web");
  wanted["TaskTemplate"]["Networks"] = json::array({{{"Target", "blue"}, {"Aliases", {"w"}}}});
  wanted["Mode"] = {{"Replicated", {{"Replicas", 2}}}};
  std::string id = create(wanted);
  json shown = ask("GET", "/services/web").body;
  EXPECT_EQ(shown["ID"], id);
  EXPECT_EQ(shown["Spec"]["TaskTemplate"]["Networks"][0]["Target"], blue_);
  EXPECT_EQ(shown["Endpoint"]["VirtualIPs"][0]["NetworkID"], blue_);
  EXPECT_FALSE(shown["Spec"].contains("UpdateConfig"));
  EXPECT_TRUE(ask("GET", "/services/web?insertDefaults=true").body["Spec"].contains("UpdateConfig"));

  json spec_after = shown["Spec"];
  spec_after["Mode"]["Replicated"]["Replicas"] = 5;
  Answer updated = ask("POST", "/services/" + id + "/update?version=" + version(id), spec_after);
  EXPECT_EQ(updated.status, 200);
  EXPECT_EQ(updated.body, (json{{"Warnings", nullptr}}));
  json after = ask("GET", "/services/" + id.substr(0, 8)).body;
  EXPECT_EQ(after["Spec"], spec_after);
  EXPECT_EQ(after["PreviousSpec"], shown["Spec"]);
  EXPECT_EQ(after["Endpoint"], shown["Endpoint"]);

  EXPECT_EQ(ask("POST", "/services/web/update?rollback=previous&version=" + version(id), spec_after).status, 200);
  after = ask("GET", "/services/web").body;
  EXPECT_EQ(after["Spec"], shown["Spec"]);
  EXPECT_TRUE(after["UpdateStatus"]["State"].get<std::string>().starts_with("rollback_"));

  Answer in_use = ask("DELETE", "/networks/blue");  // not among these routes: asked of the manager itself
  EXPECT_EQ(in_use.status, 404);
  EXPECT_EQ(wait(host_.manager_of_swarm->remove_network(blue_)).error().text(),
            "network " + blue_ + " is in use by service " + id);
  EXPECT_EQ(ask("DELETE", "/services/web").status, 200);
  while (!host_.manager_of_swarm->view().all<swarm::Task>().empty()) io_.run_one();
  EXPECT_TRUE(wait(host_.manager_of_swarm->remove_network(blue_)).ok());
}

TEST_F(ServiceRoutes, a_port_that_the_user_leaves_open_is_shown_in_the_endpoint_alone) {
  json wanted = spec("web");
  wanted["EndpointSpec"] = {{"Ports", {{{"Protocol", "tcp"}, {"TargetPort", 80}, {"PublishMode", "ingress"}}}}};
  create(wanted);
  const json shown = ask("GET", "/services/web").body;
  const json open{{"Protocol", "tcp"}, {"TargetPort", 80}, {"PublishMode", "ingress"}};
  json given = open;
  given["PublishedPort"] = 30'000;
  EXPECT_EQ(shown["Spec"]["EndpointSpec"]["Ports"], json::array({open}));
  EXPECT_EQ(shown["Endpoint"]["Spec"]["Ports"], json::array({open}));
  EXPECT_EQ(shown["Endpoint"]["Ports"], json::array({given}));
  EXPECT_EQ(shown["Endpoint"]["VirtualIPs"][0]["Addr"], "10.0.0.3/24") << "the node has the first";
}

// A stack is removed and deployed again at once.
TEST_F(ServiceRoutes, a_subnet_is_waited_for_until_the_last_task_of_a_removed_network_has_ended) {
  cluster::Control& manager = *host_.manager_of_swarm;
  swarm::NetworkSpec wanted;
  wanted.mutable_annotations()->set_name("shop");
  wanted.mutable_driver_config()->set_name("overlay");
  wanted.mutable_ipam()->add_configs()->set_subnet("10.50.0.0/24");
  const std::string gone = *wait(manager.create_network(wanted));
  auto change = [&](const std::function<void(store::Transaction&)>& decide) {
    auto done = wait(store_->update([&](store::Transaction& tx) -> Result<void> {
      decide(tx);
      return {};
    }));
    ASSERT_TRUE(done.ok()) << done.error().text();
  };
  swarm::Task stopping;
  stopping.set_id("t");
  stopping.set_desired_state(swarm::SHUTDOWN);
  stopping.mutable_status()->set_state(swarm::RUNNING);
  *stopping.add_networks()->mutable_network() = *manager.view().get<swarm::Network>(gone);
  stopping.mutable_networks(0)->add_addresses("10.50.0.9/24");
  change([&](store::Transaction& tx) { tx.create(stopping); });
  ASSERT_TRUE(wait(manager.remove_network(gone)).ok());

  std::optional<Result<std::string>> made;
  auto make = [&]() -> asio::awaitable<void> { made = co_await manager.create_network(wanted); };
  asio::co_spawn(io_, make(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
  swarm::NetworkSpec other;
  other.mutable_annotations()->set_name("other");
  other.mutable_driver_config()->set_name("overlay");
  EXPECT_TRUE(wait(manager.create_network(other)).ok());
  EXPECT_FALSE(made);
  change([&](store::Transaction& tx) { tx.remove<swarm::Task>("t"); });
  while (!made) io_.run_one();
  EXPECT_TRUE(made->ok()) << made->error().text();
}

TEST_F(ServiceRoutes, the_ingress_network_is_removed_and_made_anew) {
  auto& manager = *host_.manager_of_swarm;
  auto ingress = [&] {
    for (const auto& [id, network] : manager.view().all<swarm::Network>())
      if (network->spec().ingress()) return id;
    return std::string();
  };
  swarm::NetworkSpec mine;
  mine.mutable_annotations()->set_name("my");
  mine.mutable_driver_config()->set_name("overlay");
  mine.set_ingress(true);
  EXPECT_EQ(wait(manager.create_network(mine)).error().text(),
            "ingress network (" + ingress() + ") is already present");
  json wanted = spec("web");
  wanted["EndpointSpec"] = {{"Ports", {{{"TargetPort", 80}, {"PublishedPort", 8080}}}}};
  const std::string id = create(wanted);
  EXPECT_EQ(wait(manager.remove_network(ingress())).error().text(),
            "ingress network cannot be removed because service " + id + " depends on it");
  EXPECT_EQ(ask("DELETE", "/services/web").status, 200);
  while (!manager.view().all<swarm::Task>().empty()) io_.run_one();
  EXPECT_TRUE(wait(manager.remove_network(ingress())).ok());
  for (const auto& [node_id, node] : manager.view().all<swarm::Node>()) EXPECT_EQ(node->attachments_size(), 0);
  const Answer refused = ask("POST", "/services/create", wanted);
  EXPECT_EQ(message(refused),
            "rpc error: code = FailedPrecondition desc = service needs ingress network, but no ingress network is "
            "present");
  mine.set_attachable(true);
  EXPECT_EQ(wait(manager.create_network(mine)).error().text(), "ingress network cannot be attachable");
  mine.set_attachable(false);
  mine.mutable_ipam()->add_configs()->set_subnet("10.11.0.0/16");
  mine.mutable_ipam()->mutable_configs(0)->set_gateway("10.11.0.2");
  const std::string made = *wait(manager.create_network(mine));
  EXPECT_EQ(ingress(), made);
  for (const auto& [node_id, node] : manager.view().all<swarm::Node>()) {
    ASSERT_EQ(node->attachments_size(), 1);
    EXPECT_EQ(node->attachments(0).addresses(0), "10.11.0.1/16");
  }
  create(wanted);
}

TEST_F(ServiceRoutes, errors_are_those_of_docker) {
  std::string id = create(spec("web"));
  Answer again = ask("POST", "/services/create", spec("web"));
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(
      message(again),
      "rpc error: code = AlreadyExists desc = name conflicts with an existing object: service web already exists");
  EXPECT_EQ(message(ask("POST", "/services/create", spec("bad name!"))),
            "rpc error: code = InvalidArgument desc = name must be valid as a DNS name component");
  json on_nothing = spec("x");
  on_nothing["TaskTemplate"]["Networks"] = json::array({{{"Target", "nosuch"}}});
  Answer unknown = ask("POST", "/services/create", on_nothing);
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(message(unknown), "network nosuch not found");
  for (const char* method : {"GET", "DELETE"}) {
    Answer missing = ask(method, "/services/nosuch");
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(message(missing), "service nosuch not found");
  }
  Answer none = ask("POST", "/services/web/update?rollback=previous&version=" + version(id), spec("web"));
  EXPECT_EQ(none.status, 400);
  EXPECT_EQ(message(none),
            "rpc error: code = FailedPrecondition desc = service " + id + " does not have a previous spec");
  Answer stale = ask("POST", "/services/web/update?version=1", spec("web"));
  EXPECT_EQ(stale.status, 500);
  EXPECT_EQ(message(stale), "rpc error: code = Unknown desc = update out of sequence");
  EXPECT_EQ(ask("POST", "/services/web/update", spec("web")).status, 400);
  json meshed = spec("z");
  meshed["EndpointSpec"]["Ports"] = json::array({{{"TargetPort", 80}, {"PublishedPort", 80}}});
  const std::string first = create(meshed);
  meshed["Name"] = "y";
  Answer taken = ask("POST", "/services/create", meshed);
  EXPECT_EQ(taken.status, 400);
  EXPECT_EQ(message(taken), "rpc error: code = InvalidArgument desc = port '80' is already in use by service 'z' (" +
                                first + ") as an ingress port");
  EXPECT_EQ(ask("GET", "/services?filters=%7B%22x%22%3A%7B%7D%7D").status, 400);
}

// As docker-py writes the mode, and dockerode an update's body.
TEST_F(ServiceRoutes, members_match_without_case_and_unknown_ones_are_ignored) {
  json wanted = spec("py");
  wanted["mode"]["replicated"]["Replicas"] = 2;
  wanted["version"] = 17;
  wanted["TaskTemplate"]["ContainerSpec"]["Comand"] = json::array({"x"});
  Answer created = ask("POST", "/services/create", wanted);
  ASSERT_EQ(created.status, 201) << created.body;
  json shown = ask("GET", "/services/py").body;
  EXPECT_EQ(shown["Spec"]["Mode"], json({{"Replicated", {{"Replicas", 2}}}}));
  const std::string target = "/services/py/update?version=" + std::to_string(shown["Version"]["Index"].get<int>());
  EXPECT_EQ(ask("POST", target, wanted).status, 200);
  json typed = spec("z");
  typed["TaskTemplate"]["ContainerSpec"]["TTY"] = "yes";
  Answer refused = ask("POST", "/services/create", typed);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(message(refused),
            "invalid JSON: json: cannot unmarshal string into Go struct field "
            "ContainerSpec.TaskTemplate.ContainerSpec.TTY of type bool");
}

TEST_F(ServiceRoutes, networks_of_one_host_are_not_for_services) {
  swarm::NetworkSpec mine;
  mine.mutable_annotations()->set_name("mine");
  mine.mutable_driver_config()->set_name("bridge");
  ASSERT_TRUE(wait(host_.local->create(mine)).ok());
  json wanted = spec("x");
  wanted["TaskTemplate"]["Networks"] = json::array({{{"Target", "mine"}}});
  Answer refused = ask("POST", "/services/create", wanted);
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(message(refused), HasSubstr("The network mine cannot be used with services"));
}

// As every exporter of nodes' metrics is run.
TEST_F(ServiceRoutes, networks_that_every_node_has_are_for_services) {
  for (const std::string network : {"bridge", "host"}) {
    json wanted = spec("on-" + network);
    wanted["TaskTemplate"]["Networks"] = json::array({{{"Target", network}}});
    ASSERT_EQ(ask("POST", "/services/create", wanted).status, 201) << network;
    json shown = ask("GET", "/services/on-" + network).body;
    const std::string target = shown["Spec"]["TaskTemplate"]["Networks"][0]["Target"];
    EXPECT_NE(target, network) << "the id is stored";
    EXPECT_FALSE(shown["Endpoint"].contains("VirtualIPs")) << shown["Endpoint"];
  }
  json none = spec("x");
  none["TaskTemplate"]["Networks"] = json::array({{{"Target", "none"}}});
  EXPECT_EQ(ask("POST", "/services/create", none).status, 404);
}

TEST_F(ServiceRoutes, without_a_manager_docker_says_so) {
  stop_manager();
  for (const char* target : {"/services", "/services/x", "/tasks"}) {
    Answer refused = ask("GET", target);
    EXPECT_EQ(refused.status, 503);
    EXPECT_THAT(message(refused), HasSubstr("This node is not a swarm manager."));
  }
}

TEST_F(ServiceRoutes, filters_choose_services) {
  json labelled = spec("web");
  labelled["Labels"]["tier"] = "front";
  std::string web = create(labelled);
  json global = spec("web-agent");
  global["Mode"]["Global"] = json::object();
  std::string agent = create(global);
  json job = spec("job");
  job["Mode"]["ReplicatedJob"] = json::object();
  create(job);
  EXPECT_EQ(names("{}"), (Names{"web", "web-agent", "job"}));
  EXPECT_EQ(names(R"({"name":{"web":true}})"), (Names{"web", "web-agent"}));
  EXPECT_EQ(names(R"({"id":{")" + agent + R"(":true}})"), Names{"web-agent"});
  EXPECT_EQ(names(R"({"id":{"web":true}})"), Names{});
  EXPECT_EQ(names(R"({"label":{"tier":true}})"), Names{"web"});
  EXPECT_EQ(names(R"({"label":["tier=back"]})"), Names{});
  EXPECT_EQ(names(R"({"mode":{"global":true}})"), Names{"web-agent"});
  EXPECT_EQ(names(R"({"mode":["replicated-job","replicated"]})"), (Names{"web", "job"}));
  EXPECT_EQ(names(R"({"runtime":["plugin"]})"), Names{});
  json with_status = ask("GET", "/services?status=true").body;
  for (const json& service : with_status) EXPECT_EQ(service["ServiceStatus"]["RunningTasks"], 0);
  EXPECT_FALSE(ask("GET", "/services").body[0].contains("ServiceStatus"));
}

TEST_F(ServiceRoutes, credentials_go_to_the_nodes_and_are_kept) {
  Answer created = ask("POST", "/services/create", spec("web"), "secret1");
  std::string id = created.body["ID"];
  auto auth = [&] {
    return store_->view().get<swarm::Service>(id)->spec().task().container().pull_options().registry_auth();
  };
  EXPECT_EQ(auth(), "secret1");
  EXPECT_THAT(ask("GET", "/services/web").body.dump(), testing::Not(HasSubstr("secret1")));
  auto update = [&](const std::string& from, const std::string& header) {
    return ask("POST", "/services/web/update?version=" + version(id) + "&registryAuthFrom=" + from, spec("web"),
               header);
  };
  EXPECT_THAT(message(update("previous-spec", "")), HasSubstr("does not have a previous spec"));
  EXPECT_EQ(update("spec", "").status, 200);
  EXPECT_EQ(auth(), "secret1");
  EXPECT_EQ(update("", "secret2").status, 200);
  EXPECT_EQ(auth(), "secret2");
  EXPECT_EQ(update("previous-spec", "").status, 200);
  EXPECT_EQ(auth(), "secret1");
  EXPECT_THAT(message(update("elsewhere", "")), HasSubstr("unsupported registryAuthFrom value"));
}

TEST_F(ServiceRoutes, tasks_are_listed_and_shown) {
  std::string id = create(spec("web"));
  for (const json& task : ask("GET", "/tasks").body) EXPECT_EQ(task["ServiceID"], id);
  EXPECT_EQ(message(ask("GET", "/tasks?filters=%7B%22x%22%3A%7B%22y%22%3Atrue%7D%7D")), "invalid filter 'x'");
  EXPECT_EQ(message(ask("GET", "/tasks/nosuch")), "task nosuch not found");
}

}  // namespace
}  // namespace skein::api
