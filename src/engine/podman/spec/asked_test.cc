#include "engine/podman/spec/asked.h"

#include <gtest/gtest.h>

#include "engine/podman/spec/create_spec.h"

namespace skein::engine {
namespace {

using nlohmann::json;

// As Podman shows a container of which nothing was asked.
json podmans_view() {
  return {{"Name", "/web"},
          {"Config",
           {{"Env", {"PATH=/bin", "HOME=/root", "container=podman"}},
            {"Entrypoint", json::array()},
            {"WorkingDir", "/"},
            {"StopSignal", "15"},
            {"AttachStdout", false},
            {"Labels", json::object()}}},
          {"HostConfig",
           {{"CapAdd", json::array()},
            {"CapDrop", {"CAP_MKNOD"}},
            {"IpcMode", "shareable"},
            {"LogConfig", {{"Type", "k8s-file"}, {"Config", nullptr}}},
            {"PidMode", "private"},
            {"PidsLimit", 0},
            {"Memory", 1024},
            {"Runtime", "oci"},
            {"Sysctls", {{"net.ipv4.ip_unprivileged_port_start", "0"}}},
            {"Ulimits", {{{"Name", "RLIMIT_NPROC"}, {"Soft", 1}, {"Hard", 1}}}},
            {"UTSMode", "private"}}}};
}

json shown(const json& asked) {
  json container = podmans_view();
  container["Config"]["Labels"][kAskedLabel] = asked_label(asked);
  show_asked(container);
  return container;
}

TEST(Asked, nothing_is_shown_as_docker_shows_it) {
  const json container = shown(json::object());
  const json& host = container["HostConfig"];
  EXPECT_EQ(host["CapAdd"], nullptr);
  EXPECT_EQ(host["IpcMode"], "private");
  EXPECT_EQ(host["LogConfig"], json({{"Type", "json-file"}, {"Config", json::object()}}));
  EXPECT_EQ(host["PidMode"], "");
  EXPECT_EQ(host["PidsLimit"], nullptr);
  EXPECT_EQ(host["Runtime"], "runc");
  EXPECT_FALSE(host.contains("Sysctls"));
  EXPECT_EQ(host["Ulimits"], nullptr);
  EXPECT_EQ(host["Memory"], 1024) << "it can be changed later";
  const json& config = container["Config"];
  EXPECT_EQ(config["Entrypoint"], nullptr);
  EXPECT_EQ(config["WorkingDir"], "");
  EXPECT_FALSE(config.contains("StopSignal"));
  EXPECT_EQ(config["Env"], json({"PATH=/bin", "container=podman"}));
}

TEST(Asked, what_was_asked_is_shown_as_it_was_written) {
  const json host{{"CapAdd", {"CAP_SYS_CHROOT"}},
                  {"Sysctls", {{"net.ipv4.ip_forward", "1"}}},
                  {"LogConfig", {{"Type", "local"}, {"Config", {{"max-size", "1m"}}}}},
                  {"Ulimits", {{{"Name", "nofile"}, {"Soft", 1}, {"Hard", 2}}}},
                  {"Binds", {"data:/d"}},
                  {"MemorySwappiness", -1},
                  {"IpcMode", "shareable"},
                  {"Init", true}};
  const json container = shown({{"HostConfig", host},
                                {"StopSignal", "SIGINT"},
                                {"AttachStdout", true},
                                {"Env", {"HOME=/x"}},
                                {"WorkingDir", "/"}});
  for (const char* name : {"CapAdd", "Sysctls", "LogConfig", "Ulimits", "Binds", "IpcMode", "Init"})
    EXPECT_EQ(container["HostConfig"][name], host[name]) << name;
  EXPECT_EQ(container["HostConfig"]["MemorySwappiness"], nullptr);
  EXPECT_EQ(container["Config"]["StopSignal"], "SIGINT");
  EXPECT_EQ(container["Config"]["AttachStdout"], true);
  EXPECT_EQ(container["Config"]["WorkingDir"], "/");
  EXPECT_EQ(container["Config"]["Env"].size(), 3U);
}

TEST(Asked, signals_have_names) {
  json container = podmans_view();
  container["Config"]["StopSignal"] = "3";
  show_asked(container);
  EXPECT_EQ(container["Config"]["StopSignal"], "SIGQUIT") << "an image's, of a container made before";
  container["Config"]["StopSignal"] = "SIGRTMIN+3";
  show_asked(container);
  EXPECT_EQ(container["Config"]["StopSignal"], "SIGRTMIN+3");
}

TEST(Asked, the_label_is_made_before_anything_is_changed) {
  const auto created = podman_create({{"HostConfig", {{"Binds", {"data:/d"}}}}}, {});
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created->body["HostConfig"]["Binds"], json({"data:/d:suid,dev"}));
  json container = podmans_view();
  container["Config"]["Labels"] = created->body["Labels"];
  show_asked(container);
  EXPECT_EQ(container["HostConfig"]["Binds"], json({"data:/d"}));
}

}  // namespace
}  // namespace skein::engine
