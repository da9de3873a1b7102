// What the runtime is told to run, out of the container's own configuration and what was asked for.
#include "engine/exec/request/exec_spec.h"

#include <gtest/gtest.h>

namespace skein::engine {
namespace {

using nlohmann::json;

json own_process() {
  return json::parse(R"({"user":{"uid":7,"gid":8,"additionalGids":[9],"umask":18},"args":["sleep"],
    "env":["TERM=xterm","container=podman"],"cwd":"/srv","capabilities":{"bounding":["CAP_CHOWN","CAP_KILL"],
    "effective":[],"inheritable":["CAP_KILL"],"ambient":["CAP_KILL"]},"noNewPrivileges":true,
    "rlimits":[{"type":"RLIMIT_NOFILE","hard":5,"soft":5}],"oomScoreAdj":3,"consoleSize":{"height":1,"width":1}})");
}

const AccountFiles kAccounts{"root:x:0:0::/root:\nseven:x:7:8::/home/seven:\nweb:x:33:34::/var/www:\n", "g:x:5:web\n"};

ExecContainer container_with(std::vector<std::string> environment) {
  ExecContainer out;
  out.id = "c0ffee";
  out.hostname = "box";
  out.environment = std::move(environment);
  return out;
}

json spec_of(ExecRequest request, const ExecContainer& container = container_with({})) {
  if (request.command.empty()) request.command = {"ls"};
  auto spec = exec_spec(own_process(), container, request, kAccounts, {"CAP_ALL"});
  return spec.ok() ? *spec : json(spec.error().text());
}

TEST(ExecSpec, is_the_containers_where_nothing_else_is_asked_for) {
  const json spec = spec_of({.command = {"ls", "-l"}});
  EXPECT_EQ(spec["args"], json({"ls", "-l"}));
  EXPECT_EQ(spec["user"], own_process()["user"]);
  EXPECT_EQ(spec["cwd"], "/srv");
  EXPECT_EQ(spec["terminal"], false);
  for (const char* member : {"noNewPrivileges", "rlimits", "oomScoreAdj"})
    EXPECT_EQ(spec[member], own_process()[member]) << member;
  EXPECT_FALSE(spec.contains("consoleSize"));
}

TEST(ExecSpec, capabilities_are_those_that_the_container_may_have) {
  const json bounding{"CAP_CHOWN", "CAP_KILL"};
  EXPECT_EQ(spec_of({})["capabilities"],
            json({{"bounding", bounding}, {"effective", bounding}, {"permitted", bounding}}));
  const json all{"CAP_ALL"};
  EXPECT_EQ(spec_of({.is_privileged = true})["capabilities"],
            json({{"bounding", all}, {"effective", all}, {"permitted", all}}));
}

TEST(ExecSpec, a_user_has_its_groups_and_its_home) {
  const json spec = spec_of({.user = "web"});
  EXPECT_EQ(spec["user"]["uid"], 33);
  EXPECT_EQ(spec["user"]["gid"], 34);
  EXPECT_EQ(spec["user"]["additionalGids"], json({34, 5}));
  EXPECT_EQ(spec["user"]["umask"], 18);
  EXPECT_EQ(spec["env"].back(), "HOME=/var/www");
  EXPECT_EQ(spec_of({})["env"].back(), "HOME=/home/seven") << "of the container's own user";
  EXPECT_EQ(spec_of({.user = "99"})["env"].back(), "HOME=/");
  EXPECT_EQ(spec_of({.user = "web"}, container_with({"HOME=/home/seven"}))["env"].back(), "HOME=/var/www")
      << "the engine shows that of the container's own user";
  EXPECT_EQ(spec_of({.user = "web"}, container_with({"HOME=/asked"}))["env"].back(), "HOME=/asked");
  EXPECT_EQ(spec_of({.user = "nosuch"}), "unable to find user nosuch: no matching entries in passwd file");
  ExecContainer container = container_with({});
  container.user = "web";
  EXPECT_EQ(spec_of({}, container)["user"]["uid"], 33);
}

TEST(ExecSpec, variables_are_dockers_then_the_containers_then_those_asked_for) {
  const ExecContainer container = container_with({"PATH=/bin", "A=1", "B=2", "HOSTNAME=other"});
  EXPECT_EQ(exec_environment(container, {.environment = {"B=3", "C=4", "A", "D"}}, "/h"),
            (std::vector<std::string>{"PATH=/bin", "HOSTNAME=other", "B=3", "C=4", "HOME=/h"}));
  EXPECT_EQ(exec_environment(container_with({}), {.has_terminal = true}, ""),
            (std::vector<std::string>{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                      "HOSTNAME=box", "TERM=xterm", "HOME=/"}));
  EXPECT_EQ(exec_environment(container_with({"HOME=/own"}), {}, "/h").back(), "HOME=/own");
  EXPECT_EQ(exec_environment(container_with({}), {.environment = {"HOME="}}, "/h").back(), "HOME=");
}

TEST(ExecSpec, a_terminal_has_the_size_that_is_asked_for) {
  const json spec = spec_of({.has_terminal = true, .console = ConsoleSize{24, 80}});
  EXPECT_EQ(spec["terminal"], true);
  EXPECT_EQ(spec["consoleSize"], json({{"height", 24}, {"width", 80}}));
  EXPECT_FALSE(spec_of({.console = ConsoleSize{24, 80}}).contains("consoleSize"));
}

TEST(ExecSpec, a_working_folder_is_absolute) {
  EXPECT_EQ(spec_of({.working_folder = "/w"})["cwd"], "/w");
  EXPECT_EQ(spec_of({.working_folder = "w"}),
            "OCI runtime exec failed: exec failed: Cwd must be an absolute path: unknown");
}

TEST(ExecSpec, of_a_damaged_configuration_is_an_error) {
  for (const json& damaged :
       {json(), json::object(), json::array(), json({{"user", 5}}), json({{"user", {{"uid", "0"}}}})})
    EXPECT_FALSE(exec_spec(damaged, container_with({}), {.command = {"ls"}}, kAccounts, {}).ok()) << damaged;
}

TEST(Capabilities, have_names) {
  EXPECT_EQ(capability_names(0), std::vector<std::string>());
  EXPECT_EQ(capability_names(1), std::vector<std::string>{"CAP_CHOWN"});
  EXPECT_EQ(capability_names(UINT64_MAX).size(), 41u);
  EXPECT_EQ(capability_names(1ull << 40), std::vector<std::string>{"CAP_CHECKPOINT_RESTORE"});
  EXPECT_EQ(capability_names(1ull << 21), std::vector<std::string>{"CAP_SYS_ADMIN"});
}

}  // namespace
}  // namespace skein::engine
