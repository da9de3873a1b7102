// From flags to requests, and from answers to tables.
#include <gtest/gtest.h>

#include "cmd/cli/container/container_flags.h"
#include "cmd/cli/container/container_format.h"
#include "cmd/cli/container/port_flags.h"
#include "cmd/cli/container/stats_format.h"
#include "cmd/cli/node/node_format.h"
#include "cmd/cli/service/task_format.h"
#include "cmd/cli/system/system_format.h"

namespace skein::cli {
namespace {

const WallTime kNow{1'795'382'300'000'000'000};

Result<Json> body_of(std::vector<std::string> words) {
  const auto flags = container_flags();
  const auto parsed = parse_words(flags, words, WordOrder::kFlagsFirst);
  if (!parsed.ok()) return parsed.error();
  SKEIN_TRY_ASSIGN(const Attachment attachment, attachment_of(parsed->flags, false));
  return container_create_body(parsed->arguments, parsed->flags, attachment);
}

TEST(ContainerBody, flags_reach_the_request) {
  const auto body = body_of({"--name",    "web",        "-e",
                             "A=b",       "-l",         "x=y",
                             "-m",        "64m",        "--cpus",
                             "1.5",       "--restart",  "on-failure:3",
                             "-p",        "8080:80",    "-v",
                             "/a:/b:ro",  "-v",         "/cache",
                             "--network", "blue",       "--network-alias",
                             "w",         "--ip",       "10.0.0.9",
                             "--dns",     "1.1.1.1",    "--add-host",
                             "h:1.2.3.4", "--cap-add",  "NET_ADMIN",
                             "--tmpfs",   "/t:size=1m", "--entrypoint",
                             "sh",        "--init",     "-u",
                             "1:2",       "--mount",    "type=bind,src=/s,dst=/d,ro",
                             "alpine",    "ls",         "-l"});
  ASSERT_TRUE(body.ok()) << body.error().what;
  const Json& host = at(*body, "HostConfig");
  EXPECT_EQ(at(*body, "Cmd"), Json::array({"ls", "-l"}));
  EXPECT_EQ(at(*body, "Env"), Json::array({"A=b"}));
  EXPECT_EQ(at(*body, "Entrypoint"), Json::array({"sh"}));
  EXPECT_EQ(at(*body, "User"), "1:2");
  EXPECT_EQ(at(at(*body, "Labels"), "x"), "y");
  EXPECT_EQ(at(host, "Memory"), 64 << 20);
  EXPECT_EQ(at(host, "NanoCpus"), 1'500'000'000);
  EXPECT_EQ(at(host, "RestartPolicy").dump(), R"({"Name":"on-failure","MaximumRetryCount":3})");
  EXPECT_EQ(at(host, "PortBindings").dump(), R"({"80/tcp":[{"HostIp":"","HostPort":"8080"}]})");
  EXPECT_EQ(at(*body, "ExposedPorts").dump(), R"({"80/tcp":{}})");
  EXPECT_EQ(at(host, "Binds"), Json::array({"/a:/b:ro"}));
  EXPECT_EQ(at(*body, "Volumes").dump(), R"({"/cache":{}})");
  EXPECT_EQ(at(host, "NetworkMode"), "blue");
  EXPECT_EQ(at(*body, "NetworkingConfig").dump(),
            R"({"EndpointsConfig":{"blue":{"Aliases":["w"],"IPAMConfig":{"IPv4Address":"10.0.0.9"}}}})");
  EXPECT_EQ(at(host, "Tmpfs").dump(), R"({"/t":"size=1m"})");
  EXPECT_EQ(at(host, "Init"), true);
  EXPECT_EQ(at(host, "Mounts").dump(), R"([{"Type":"bind","Source":"/s","Target":"/d","ReadOnly":true}])");
}

TEST(ContainerBody, health_checks) {
  const auto check = [](std::vector<std::string> words) {
    words.emplace_back("alpine");
    const auto body = body_of(words);
    return body.ok() ? at(*body, "Healthcheck").dump() : body.error().what;
  };
  EXPECT_EQ(check({}), "null");
  EXPECT_EQ(check({"--health-cmd", "test -e /ok", "--health-interval", "5s", "--health-retries", "2",
                   "--health-timeout", "1s", "--health-start-period", "500ms"}),
            R"({"Test":["CMD-SHELL","test -e /ok"],"Interval":5000000000,"Timeout":1000000000,"StartPeriod":500000000,)"
            R"("Retries":2})");
  EXPECT_EQ(check({"--no-healthcheck"}), R"({"Test":["NONE"]})");
  EXPECT_EQ(check({"--no-healthcheck", "--health-cmd", "x"}), "--no-healthcheck conflicts with --health-* options");
  EXPECT_EQ(check({"--health-timeout", "-1s"}),
            "invalid argument \"-1s\" for \"--health-timeout\" flag: duration cannot be negative");
}

TEST(ContainerBody, contradictions_are_refused) {
  EXPECT_EQ(body_of({"--rm", "--restart", "always", "x"}).error().what,
            "conflicting options: cannot specify both --restart and --rm");
  for (const auto& words : std::vector<std::vector<std::string>>{{"-p", "99999:80", "x"},
                                                                 {"-p", "a:b", "x"},
                                                                 {"-p", "80-70:1", "x"},
                                                                 {"-p", "1-2:1-3", "x"},
                                                                 {"-p", "80/icmp", "x"},
                                                                 {"--ulimit", "nofile", "x"},
                                                                 {"--mount", "type=bind", "x"},
                                                                 {"--network", "name=a,foo=b", "x"},
                                                                 {"--network", "name=a,driver-opt=", "x"},
                                                                 {"--env-file", "/nonexistent", "x"}}) {
    EXPECT_FALSE(body_of(words).ok()) << words[0] << " " << words[1];
  }
}

TEST(Ports, ranges_and_addresses) {
  EXPECT_EQ(
      parse_ports({"127.0.0.1:8000-8001:80-81/udp"}, {})->bindings.dump(),
      R"({"80/udp":[{"HostIp":"127.0.0.1","HostPort":"8000"}],"81/udp":[{"HostIp":"127.0.0.1","HostPort":"8001"}]})");
  EXPECT_EQ(parse_ports({"[::1]:8080:80"}, {})->bindings.dump(), R"({"80/tcp":[{"HostIp":"::1","HostPort":"8080"}]})");
  EXPECT_EQ(parse_ports({"80"}, {"9/udp"})->exposed.dump(), R"({"80/tcp":{},"9/udp":{}})");
}

TEST(ContainerView, row_of_ps) {
  const Json container = Json::parse(R"({"Id":"159ca55274dbfddcc8fcee42ae9df72849c521569b78aa5334230667eeb6dd11",
    "Names":["/web","/other/alias"],"Image":"alpine:3","Command":"sh -c 'sleep 1000000'","Created":1795382000,
    "Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},{"PrivatePort":53,"Type":"udp"}],
    "Status":"Up 4 minutes","State":"running","Mounts":[],"NetworkSettings":{"Networks":{"blue":{}}}})");
  const Json row = container_row(container, false, kNow);
  EXPECT_EQ(at(row, "ID"), "159ca55274db");
  EXPECT_EQ(at(row, "Command"), "\"sh -c 'sleep 100000…\"");
  EXPECT_EQ(at(row, "RunningFor"), "5 minutes ago");
  EXPECT_EQ(at(row, "Ports"), "0.0.0.0:8080->80/tcp, 53/udp");
  EXPECT_EQ(at(row, "Names"), "web");
  EXPECT_EQ(*show_list(container_listing(), {row}, "table {{.Names}}\\t{{.Status}}"),
            "NAMES     STATUS\nweb       Up 4 minutes\n");
  EXPECT_EQ(*show_list(container_listing(), {row}, "{{.Names}}:{{.Networks}}"), "web:blue\n");
  EXPECT_NE(show_list(container_listing(), {row}, "json")->find("\"Image\":\"alpine:3\""), std::string::npos);
}

TEST(TaskView, tasks_are_sorted_and_marked) {
  const Json tasks = Json::parse(R"json([
    {"ID":"old0000000000000","ServiceID":"s","Slot":1,"NodeID":"n","CreatedAt":"2026-11-22T21:17:00Z","DesiredState":"shutdown",
     "Spec":{"ContainerSpec":{"Image":"web:1@sha256:00"}},"Status":{"State":"failed","Timestamp":"2026-11-22T21:18:00Z","Err":"task: non-zero exit (137)"
}
},
    {"ID":"new0000000000000","ServiceID":"s","Slot":1,"NodeID":"n","CreatedAt":"2026-11-22T21:18:00Z","DesiredState":"running",
     "Spec":{"ContainerSpec":{"Image":"web:1"}},"Status":{"State":"running","Timestamp":"2026-11-22T21:18:15Z"}}])json");
  const TaskNames names{{{"n", "host-1"}}, {{"s", "web"}}};
  const auto rows = task_rows(sorted_tasks(tasks, names), names, {}, kNow);
  EXPECT_EQ(
      *show_list(task_listing(), rows, ""),
      "ID             NAME        IMAGE     NODE      DESIRED STATE   CURRENT STATE           ERROR                   "
      "      PORTS\n"
      "new000000000   web.1       web:1     host-1    Running         Running 5 seconds ago                            "
      "     \n"
      "old000000000    \\_ web.1   web:1     host-1    Shutdown        Failed 20 seconds ago   \"task: non-zero exit "
      "(137)\"   \n");
}

TEST(StatsView, shares_of_processor_and_memory) {
  const Json sample = Json::parse(R"({"id":"0123456789abcdef","name":"/web",
    "cpu_stats":{"cpu_usage":{"total_usage":300},"system_cpu_usage":2000,"online_cpus":2},
    "precpu_stats":{"cpu_usage":{"total_usage":100},"system_cpu_usage":1000},
    "memory_stats":{"usage":3145728,"limit":8388608,"stats":{"inactive_file":1048576}},
    "networks":{"eth0":{"rx_bytes":1500,"tx_bytes":10}},"pids_stats":{"current":4},"blkio_stats":{"io_service_bytes_recursive":null}})");
  const Json row = stats_row(sample, "web", false);
  EXPECT_EQ(at(row, "CPUPerc"), "40.00%");
  EXPECT_EQ(at(row, "MemUsage"), "2MiB / 8MiB");
  EXPECT_EQ(at(row, "MemPerc"), "25.00%");
  EXPECT_EQ(at(row, "NetIO"), "1.5kB / 10B");
  EXPECT_EQ(at(row, "PIDs"), "4");
}

TEST(SystemView, events_are_one_line) {
  const Json event =
      Json::parse(R"({"Type":"node","Action":"update","Actor":{"ID":"n1","Attributes":{"state.old":"ready","name":"h"}},
    "time":1795382262,"timeNano":1795382262201034331})");
  EXPECT_EQ(event_text(event), "2026-11-22T21:17:42.201034331Z node update n1 (name=h, state.old=ready)");
}

}  // namespace
}  // namespace skein::cli
