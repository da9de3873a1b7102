// What users read about services, byte for byte as docker prints it.
#include <fstream>

#include "cmd/cli/daemon/fake_daemon.h"
#include "cmd/cli/service/service_format.h"

namespace skein::cli {
namespace {

TEST(PrettyService, as_docker_prints_it) {
  std::ifstream file(SKEIN_TEST_DATA "/cli/service-pretty.json");
  const Json cases = Json::parse(file, nullptr, false);
  ASSERT_TRUE(cases.is_array());
  for (const Json& recorded : cases) {
    EXPECT_EQ(pretty_service(at(recorded, "service"), {{"netid2", "net2"}}, WallTime{0}), text_at(recorded, "stdout"));
  }
}

TEST(PrettyService, ages_of_an_update) {
  const Json service = Json::parse(R"({"UpdateStatus":{"State":"completed","StartedAt":"2026-11-22T21:17:42Z",
    "CompletedAt":"2026-11-22T21:18:10Z","Message":"m"}})");
  const std::string text = pretty_service(service, {}, WallTime{1'795'382'300'000'000'000});
  EXPECT_NE(text.find(" Started:\t38 seconds ago\n Completed:\t10 seconds ago\n Message:\tm\n"), std::string::npos)
      << text;
}

std::string shown_ports(const Json& ports) { return text_at(service_row({{"Endpoint", {{"Ports", ports}}}}), "Ports"); }

Json port(int published, int target, const char* protocol = "tcp", const char* mode = "ingress") {
  return {{"Protocol", protocol}, {"TargetPort", target}, {"PublishedPort", published}, {"PublishMode", mode}};
}

TEST(ServiceRow, neighbouring_ports_are_drawn_together) {
  EXPECT_EQ(
      shown_ports({port(8080, 80), port(8082, 82), port(53, 53, "udp"), port(8081, 81), port(9, 9, "tcp", "host")}),
      "*:8080-8082->80-82/tcp, *:53->53/udp");
  EXPECT_EQ(shown_ports({port(100, 1), port(101, 1)}), "*:100-101->1/tcp");
  EXPECT_EQ(shown_ports({port(100, 2), port(101, 1)}), "*:100->2/tcp, *:101->1/tcp");
  EXPECT_EQ(shown_ports({port(80, 80), port(81, 90)}), "*:80->80/tcp, *:81->90/tcp");
  EXPECT_EQ(shown_ports(nullptr), "");
}

void offer_running_service(FakeDaemon& daemon) {
  daemon.on("GET /services/id1?insertDefaults=false",
            {200, R"({"ID":"id1","Spec":{"Mode":{"Replicated":{"Replicas":1}},"UpdateConfig":{"Monitor":1}}})"});
  daemon.on(R"(GET /tasks?filters={"_up-to-date":{"true":true},"service":{"id1":true}})",
            {200, R"([{"Slot":1,"NodeID":"n1","DesiredState":"running","Status":{"State":"running"}}])"});
  daemon.on("GET /nodes", {200, R"([{"ID":"n1","Status":{"State":"ready"}}])"});
}

TEST(Create, is_shown_until_the_service_runs) {
  FakeDaemon daemon;
  daemon.on("POST /services/create", {201, R"({"ID":"id1"})"});
  offer_running_service(daemon);
  const auto outcome = daemon.run({"service", "create", "--no-resolve-image", "web:1"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out.substr(0, outcome.out.find("verify")),
            "id1\noverall progress: 0 out of 1 tasks\n1/1:  \noverall progress: 1 out of 1 tasks\n");
  EXPECT_TRUE(outcome.out.ends_with("verify: Service id1 converged\n")) << outcome.out;
}

TEST(Create, quiet_waits_all_the_same) {
  FakeDaemon daemon;
  daemon.on("POST /services/create", {201, R"({"ID":"id1"})"});
  offer_running_service(daemon);
  const auto outcome = daemon.run({"service", "create", "-q", "--no-resolve-image", "web:1"});
  EXPECT_EQ(outcome.out, "id1\n");
  EXPECT_GT(daemon.calls.size(), 4u);
}

// What the daemon's service is to have, with the ids that it knows by name.
TEST(Create, secrets_and_configs_are_looked_up_by_their_names) {
  FakeDaemon daemon;
  daemon.on(
      R"(GET /secrets?filters={"name":{"s1":true,"s2":true}})",
      {200,
       R"([{"ID":"i2","Spec":{"Name":"s2"}},{"ID":"i1","Spec":{"Name":"s1"}},{"ID":"i3","Spec":{"Name":"s10"}}])"});
  daemon.on(R"(GET /configs?filters={"name":{"c":true}})", {200, R"([{"ID":"i4","Spec":{"Name":"c"}}])"});
  daemon.on("POST /services/create", {201, R"({"ID":"id1"})"});
  daemon.run({"service", "create", "-d", "--no-resolve-image", "--secret", "s1", "--secret",
              "src=s2,target=/t,uid=5,gid=6,mode=0400", "--config", "source=c,mode=400", "web:1"});
  const Json container = daemon.bodies.back()["TaskTemplate"]["ContainerSpec"];
  EXPECT_EQ(container["Secrets"], Json::parse(R"([
      {"File":{"Name":"s1","UID":"0","GID":"0","Mode":292},"SecretName":"s1","SecretID":"i1"},
      {"File":{"Name":"/t","UID":"5","GID":"6","Mode":256},"SecretName":"s2","SecretID":"i2"}])"));
  EXPECT_EQ(container["Configs"], Json::parse(R"([
      {"File":{"Name":"c","UID":"0","GID":"0","Mode":400},"ConfigName":"c","ConfigID":"i4"}])"));
}

TEST(Create, what_is_no_secret_or_would_be_in_one_file_is_refused) {
  FakeDaemon daemon;
  daemon.on(R"(GET /configs?filters={"name":{"c":true}})", {200, R"([{"ID":"i","Spec":{"Name":"c2"}}])"});
  EXPECT_EQ(daemon.run({"service", "create", "--config", "c", "web:1"}).err, "config not found: c\n");
  EXPECT_EQ(daemon.run({"service", "create", "--secret", "a", "--secret", "source=b,target=a", "web:1"}).err,
            "duplicate secret target for b not allowed\n");
  EXPECT_EQ(daemon.calls.size(), 1U);
}

TEST(Update, secrets_are_taken_away_and_added) {
  FakeDaemon daemon;
  daemon.on("GET /services/web?insertDefaults=false", {200, R"({"ID":"svc","Version":{"Index":5},"Spec":{"Name":"web",
      "TaskTemplate":{"ContainerSpec":{"Image":"web:1","Secrets":[{"SecretName":"old","SecretID":"o","File":{"Name":"f"}}]}}}})"});
  daemon.on(R"(GET /secrets?filters={"name":{"new":true}})", {200, R"([{"ID":"n","Spec":{"Name":"new"}}])"});
  daemon.on("POST /services/svc/update?registryAuthFrom=spec&version=5", {200, "{}"});
  daemon.run({"service", "update", "-d", "--secret-rm", "old", "--secret-add", "source=new,target=f", "web"});
  EXPECT_EQ(daemon.bodies.back()["TaskTemplate"]["ContainerSpec"]["Secrets"],
            Json::parse(R"([{"File":{"Name":"f","UID":"0","GID":"0","Mode":292},"SecretName":"new","SecretID":"n"}])"));
  daemon.run({"service", "update", "-d", "--secret-rm", "old", "web"});
  EXPECT_FALSE(daemon.bodies.back()["TaskTemplate"]["ContainerSpec"].contains("Secrets"));
}

constexpr const char* kContext =
    "com.docker.swarm.node.id=n1,com.docker.swarm.service.id=svcid1,com.docker.swarm.task.id=taskid000000001";

class ServiceLogs : public testing::Test {
 protected:
  ServiceLogs() {
    const char* const service = R"({"ID":"svcid1","Spec":{"Name":"web","Mode":{"Replicated":{"Replicas":12}}}})";
    daemon.on("GET /services/web?insertDefaults=false", {200, service});
    daemon.on("GET /services/svcid1?insertDefaults=false", {200, service});
    daemon.on("GET /nodes/n1", {200, R"({"ID":"n1","Description":{"Hostname":"host1"}})"});
    daemon.on("GET /tasks/taskid000000001", {200, R"({"ID":"taskid000000001","Slot":3})"});
    daemon.on("GET /tasks/taskid000000002", {200, R"({"ID":"taskid000000002","Slot":11})"});
  }
  void offer(const std::string& parameters, const std::string& frames) {
    daemon.on("GET /services/web/logs?stdout=1&stderr=1" + parameters, {200, frames});
  }
  std::string lines() {
    return frame(1, std::string(kContext) + " hello world\n") +
           frame(2,
                 "com.docker.swarm.node.id=n2,com.docker.swarm.service.id=svcid1,"
                 "com.docker.swarm.task.id=taskid000000002,a=b%20c,d=e oops\n");
  }
  FakeDaemon daemon;
};

TEST_F(ServiceLogs, each_line_tells_its_task) {
  offer("&tail=all&details=1", lines());
  const auto outcome = daemon.run({"service", "logs", "web"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "web.3.taskid000000@host1     | hello world\n");
  EXPECT_EQ(outcome.err, "web.11.taskid000000@n2    | oops\n");
}

TEST_F(ServiceLogs, flags_shape_the_lines) {
  offer("&tail=all&details=1", lines());
  EXPECT_EQ(daemon.run({"service", "logs", "--no-trunc", "web"}).out,
            "web.3.taskid000000001@host1     | hello world\n");
  EXPECT_EQ(daemon.run({"service", "logs", "--no-task-ids", "web"}).out, "web.3@host1     | hello world\n");
  EXPECT_EQ(daemon.run({"service", "logs", "--no-resolve", "web"}).out, "svcid1.3.taskid000000@n1     | hello world\n");
  EXPECT_EQ(daemon.run({"service", "logs", "--details", "web"}).err, "web.11.taskid000000@n2    | a=b c,d=e oops\n");
}

TEST_F(ServiceLogs, times_and_tails_are_asked_for) {
  offer("&tail=3&details=1&follow=1&timestamps=1&since=1577836800.000000000",
        frame(1, std::string("2026-11-22T21:08:38.639249217Z ") + kContext + " hello\n"));
  const auto outcome = daemon.run({"service", "logs", "-f", "-t", "-n", "3", "--since", "2020-01-01T00:00:00Z", "web"});
  EXPECT_EQ(outcome.out, "2026-11-22T21:08:38.639249217Z web.3.taskid000000@host1     | hello\n") << outcome.err;
}

TEST_F(ServiceLogs, raw_is_what_the_containers_wrote) {
  offer("&tail=all", frame(1, "a\n") + frame(2, "b\n"));
  const auto outcome = daemon.run({"service", "logs", "--raw", "web"});
  EXPECT_EQ(outcome.out, "a\n");
  EXPECT_EQ(outcome.err, "b\n");
}

TEST_F(ServiceLogs, errors_in_the_stream_end_it) {
  offer("&tail=all&details=1", frame(1, std::string(kContext) + " hello\n") + frame(3, "Error grabbing logs: x"));
  const auto outcome = daemon.run({"service", "logs", "web"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "web.3.taskid000000@host1     | hello\n");
  EXPECT_EQ(outcome.err, "error from daemon in stream: Error grabbing logs: x\n");
}

TEST_F(ServiceLogs, lines_without_context_are_refused) {
  offer("&tail=all&details=1", frame(1, "nodetails\n"));
  EXPECT_EQ(daemon.run({"service", "logs", "web"}).err, "invalid context in log message: nodetails\n\n");
  offer("&tail=1&details=1", frame(1, "a=b text\n"));
  EXPECT_EQ(daemon.run({"service", "logs", "-n1", "web"}).err, "missing node id in details: map[a:b]\n");
}

TEST_F(ServiceLogs, terminals_have_raw_logs_only) {
  daemon.on("GET /services/tty?insertDefaults=false",
            {200, R"({"ID":"t","Spec":{"TaskTemplate":{"ContainerSpec":{"TTY":true}}}})"});
  daemon.on("GET /services/tty/logs?stdout=1&stderr=1&tail=all", {200, "raw text\r\n"});
  EXPECT_EQ(daemon.run({"service", "logs", "tty"}).err, "tty service logs only supported with --raw\n");
  EXPECT_EQ(daemon.run({"service", "logs", "--raw", "tty"}).out, "raw text\r\n");
}

TEST_F(ServiceLogs, a_task_has_logs_of_its_own) {
  daemon.on("GET /tasks/tk", {200, R"({"ID":"taskid000000001","Slot":3})"});
  daemon.on("GET /tasks/tk/logs?stdout=1&stderr=1&tail=all&details=1", {200, lines()});
  EXPECT_EQ(daemon.run({"service", "logs", "tk"}).out, "web.3.taskid000000@host1    | hello world\n");
  const auto missing = daemon.run({"service", "logs", "nosuch"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_EQ(missing.err, "no such task or service: nosuch\n");
}

TEST(Update, a_rollback_takes_flags_about_waiting_only) {
  FakeDaemon daemon;
  daemon.on("GET /services/web?insertDefaults=false", {200, R"({"ID":"id1","Version":{"Index":7},"Spec":{}})"});
  daemon.on("POST /services/id1/update?registryAuthFrom=spec&rollback=previous&version=7", {200, "{}"});
  EXPECT_EQ(daemon.run({"service", "update", "--rollback", "-q", "--detach", "web"}).out, "web\n");
  EXPECT_EQ(daemon.run({"service", "update", "--rollback", "--init", "web"}).err,
            "other flags may not be combined with --rollback\n");
}

TEST(ServicePs, prefixes_must_mean_one_service) {
  FakeDaemon daemon;
  daemon.on(R"(GET /services?filters={"id":{"we":true}})", {200, R"([{"ID":"we1"},{"ID":"we2"}])"});
  daemon.on(R"(GET /services?filters={"name":{"we":true}})", {200, "[]"});
  const auto outcome = daemon.run({"service", "ps", "we"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "multiple services found with provided prefix: we\n");
}

TEST(NodePs, unknown_nodes_do_not_hide_the_others) {
  FakeDaemon daemon;
  daemon.on("GET /nodes/n1", {200, R"({"ID":"n1","Description":{"Hostname":"host1"}})"});
  daemon.on("GET /nodes/nx", {404, R"({"message":"node nx not found"})"});
  daemon.on(R"(GET /tasks?filters={"node":{"n1":true}})",
            {200, R"([{"ID":"t1","ServiceID":"s1","Slot":1,"NodeID":"n1"}])"});
  daemon.on("GET /services/s1?insertDefaults=false", {200, R"({"Spec":{"Name":"web"}})"});
  const auto outcome = daemon.run({"node", "ps", "--format", "{{.Name}}@{{.Node}}", "n1", "nx"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "web.1@host1\n");
  EXPECT_EQ(outcome.err, "Error response from daemon: node nx not found\n");
}

}  // namespace
}  // namespace skein::cli
