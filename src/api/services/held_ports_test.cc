// Who looks at a service learns that a program of some host has its port, as long as that is so.
#include "api/services/held_ports.h"

#include <gtest/gtest.h>

#include "api/services/task_list.h"

namespace skein::api {
namespace {

namespace api = model::api;
using nlohmann::json;

class PortTrouble : public testing::Test {
 protected:
  PortTrouble() {
    service_.set_id("web-id");
    add_port(api::PortConfig::TCP, 8080);
    add_port(api::PortConfig::UDP, 53);
    auto* of_host = service_.mutable_endpoint()->add_ports();
    of_host->set_published_port(9000);
    of_host->set_publish_mode(api::PortConfig::HOST);
    put(service_);
    put(task("running", api::RUNNING, api::RUNNING));
  }

  template <class T>
  void put(const T& object) {
    view_.apply({model::KindOf<T>::value, object.id(), view_.get<T>(object.id()), std::make_shared<const T>(object)});
  }
  void remove_node(const std::string& id) {
    view_.apply({model::Kind::kNode, id, view_.get<api::Node>(id), store::Ref<api::Node>()});
  }
  void add_port(api::PortConfig::Protocol protocol, uint32_t number) {
    auto* port = service_.mutable_endpoint()->add_ports();
    port->set_protocol(protocol);
    port->set_published_port(number);
  }
  static api::Task task(const std::string& id, api::TaskState state, api::TaskState desired,
                        const std::string& error = "") {
    api::Task out;
    out.set_id(id);
    out.set_service_id("web-id");
    out.mutable_spec()->mutable_container();
    out.mutable_status()->set_state(state);
    out.mutable_status()->set_err(error);
    out.set_desired_state(desired);
    return out;
  }
  static api::Node node(const std::string& number, const std::map<std::string, std::string>& labels) {
    api::Node out;
    out.set_id("node" + number);
    out.mutable_status()->set_state(api::NodeStatus::READY);
    out.mutable_description()->set_hostname("host-" + number);
    for (const auto& [label, value] : labels)
      (*out.mutable_description()->mutable_engine()->mutable_labels())[label] = value;
    return out;
  }
  std::string trouble() { return port_trouble(service_, view_); }
  // As /tasks shows it; empty: no error.
  std::string error_of(const std::string& id) {
    io::http::Query query;
    query.set("filters", json{{"id", {{id, true}}}}.dump());
    const json shown = json_of(select_tasks(view_, query).value());
    EXPECT_EQ(shown.size(), 1u);
    return shown[0]["Status"].value("Err", "");
  }

  store::Tables view_;
  api::Service service_;
};

const char* const kHeld =
    "port 8080 is held by nginx (pid 812) on host-3, which gets no new connections while it is published";

TEST_F(PortTrouble, says_who_holds_which_port_on_which_host_until_it_is_over) {
  EXPECT_EQ(trouble(), "");
  put(node("3", {{"skein.version", "1"}, {"skein.port.8080/tcp", "nginx (pid 812)"}}));
  EXPECT_EQ(trouble(), kHeld);
  put(node("3", {{"skein.port.53/udp", "dnsmasq (pid 9) at 127.0.0.53"}}));
  EXPECT_EQ(trouble(),
            "port 53/udp is held by dnsmasq (pid 9) at 127.0.0.53 on host-3, which gets no new connections while it is "
            "published");
  put(node("3", {{"skein.version", "1"}}));
  EXPECT_EQ(trouble(), "");
  EXPECT_TRUE(view_.index<HeldPorts>().empty());
}

TEST_F(PortTrouble, ports_of_other_services_and_of_hosts_are_no_matter) {
  put(node("3", {{"skein.port.8080/udp", "a"}, {"skein.port.9000/tcp", "b"}, {"skein.port.81/tcp", "c"}}));
  EXPECT_EQ(trouble(), "");
}

TEST_F(PortTrouble, of_hosts_that_are_down_or_gone_nothing_is_known) {
  api::Node down = node("3", {{"skein.port.8080/tcp", "nginx (pid 812)"}});
  put(down);
  down.mutable_status()->set_state(api::NodeStatus::DOWN);
  put(down);
  EXPECT_EQ(trouble(), "");
  put(node("3", {{"skein.port.8080/tcp", "nginx (pid 812)"}}));
  EXPECT_EQ(trouble(), kHeld);
  remove_node("node3");
  EXPECT_EQ(trouble(), "");
}

TEST_F(PortTrouble, is_cut_where_many_hosts_have_it) {
  for (char number = '1'; number <= '5'; ++number)
    put(node({number}, {{"skein.port.8080/tcp", std::string(1000, 'x')}}));
  EXPECT_TRUE(trouble().ends_with("; and 2 more")) << trouble();
  EXPECT_LT(trouble().size(), 1200u);
}

TEST_F(PortTrouble, tasks_that_run_bear_it_and_no_others) {
  put(task("starting", api::STARTING, api::RUNNING));
  put(task("leaving", api::RUNNING, api::SHUTDOWN));
  put(task("failed", api::FAILED_, api::SHUTDOWN, "task: non-zero exit (1)"));
  put(task("erring", api::RUNNING, api::RUNNING, "its own"));
  EXPECT_EQ(error_of("running"), "");
  put(node("3", {{"skein.port.8080/tcp", "nginx (pid 812)"}}));
  EXPECT_EQ(error_of("running"), kHeld);
  EXPECT_EQ(error_of("starting"), "");
  EXPECT_EQ(error_of("leaving"), "");
  EXPECT_EQ(error_of("failed"), "task: non-zero exit (1)");
  EXPECT_EQ(error_of("erring"), "its own");
  put(node("3", {}));
  EXPECT_EQ(error_of("running"), "");
}

}  // namespace
}  // namespace skein::api
