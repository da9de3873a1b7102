#include "api/system/info.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using nlohmann::json;

const DaemonFacts kDaemon{"1234", "0.1.0", "/var/lib/skein", "skein-espd (no AEAD, no ESP)"};

HostFacts host_for_test() {
  HostFacts out;
  out.kernel = "6.1.0";
  out.machine = "x86_64";
  out.operating_system = "Debian GNU/Linux 12 (bookworm)";
  out.os_version = "12";
  out.cpus = 4;
  out.memory_bytes = 1 << 30;
  return out;
}

engine::EngineFacts engine_for_test() {
  engine::EngineFacts out;
  out.components = {{"Podman Engine", "4.3.1", {}}, {"Conmon", "2.1.6", {}}, {"OCI Runtime (crun)", "1.8.1", {}}};
  out.storage_driver = "overlay";
  out.storage_status = {{"Backing Filesystem", "extfs"}};
  out.runtime = "crun";
  return out;
}

TEST(Info, counts_containers_by_their_states) {
  json list = json::array();
  for (const char* state : {"running", "restarting", "paused", "exited", "created", "dead"})
    list.push_back({{"State", state}});
  const auto counts = count_containers(list);
  EXPECT_EQ(counts.running, 2u);
  EXPECT_EQ(counts.paused, 1u);
  EXPECT_EQ(counts.stopped, 3u);
  EXPECT_EQ(count_containers(json()).stopped, 0u);
}

TEST(Info, tells_what_tools_read) {
  InfoMoment moment;
  moment.host_name = "host-1";
  moment.containers = {2, 1, 3};
  moment.images = 5;
  moment.forwards_ipv4 = true;
  const json info = show_info(kDaemon, host_for_test(), engine_for_test(), moment);
  EXPECT_EQ(info["ID"], "1234");
  EXPECT_EQ(info["Containers"], 6);
  EXPECT_EQ(info["ContainersRunning"], 2);
  EXPECT_EQ(info["Images"], 5);
  EXPECT_EQ(info["Driver"], "overlay");
  EXPECT_EQ(info["DriverStatus"], json::parse(R"([["Backing Filesystem", "extfs"]])"));
  EXPECT_EQ(info["Name"], "host-1");
  EXPECT_EQ(info["SecurityOptions"].back(), "name=encrypted overlays,by=skein-espd (no AEAD; no ESP)");
  EXPECT_EQ(info["NCPU"], 4);
  EXPECT_EQ(info["Swarm"]["LocalNodeState"], "inactive");
  EXPECT_EQ(info["Plugins"]["Volume"], json::array({"local"}));
  EXPECT_EQ(info["Runtimes"]["crun"].size(), 1u);
  EXPECT_EQ(info["RuncCommit"]["ID"], "OCI Runtime (crun) 1.8.1");
}

// Docker's clients print a line per ability that is missing, and every text in Warnings.
TEST(Info, gives_clients_nothing_to_warn_of) {
  InfoMoment moment;
  moment.forwards_ipv4 = true;
  for (int version : {1, 2}) {
    HostFacts host = host_for_test();
    host.cgroup_version = version;
    const json info = show_info(kDaemon, host, engine_for_test(), moment);
    EXPECT_TRUE(info["Warnings"].is_null());
    for (const char* name : {"MemoryLimit", "SwapLimit", "CpuCfsPeriod", "CpuCfsQuota", "CPUShares", "CPUSet",
                             "PidsLimit", "IPv4Forwarding", "BridgeNfIptables", "BridgeNfIp6tables"})
      EXPECT_EQ(info[name], true) << name;
    EXPECT_EQ(info["OomKillDisable"], version == 1);
    EXPECT_EQ(info["CgroupVersion"], std::to_string(version));
  }
}

TEST(Info, a_daemon_that_does_not_say_who_encrypts_has_no_empty_option) {
  const json info = show_info({"1234", "0.1.0", "/", ""}, host_for_test(), engine_for_test(), {});
  for (const json& option : info["SecurityOptions"]) EXPECT_FALSE(option.get<std::string>().ends_with('=')) << option;
}

TEST(Info, is_whole_before_the_engine_has_answered) {
  InfoMoment moment;
  moment.has_engine = false;
  moment.swarm = {{"LocalNodeState", "active"}};
  const json info = show_info(kDaemon, host_for_test(), {}, moment);
  EXPECT_EQ(info["Warnings"], json::array({"WARNING: the container engine is not available"}));
  EXPECT_EQ(info["Swarm"]["LocalNodeState"], "active");
  EXPECT_EQ(info["DriverStatus"], json::array());
  EXPECT_EQ(info["RuncCommit"]["ID"], "");
}

TEST(Version, lists_the_engines_components_after_our_own) {
  const json version = show_version(kDaemon, host_for_test(), engine_for_test(), {1, 24}, {1, 47});
  EXPECT_EQ(version["ApiVersion"], "1.47");
  EXPECT_EQ(version["MinAPIVersion"], "1.24");
  EXPECT_EQ(version["Arch"], "amd64");
  ASSERT_EQ(version["Components"].size(), 4u);
  EXPECT_EQ(version["Components"][0]["Name"], "Engine");
  EXPECT_EQ(version["Components"][1]["Version"], "4.3.1");
}

TEST(HostFacts, reads_os_release) {
  const char* text = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=x\nVERSION_ID='12'\nVERSION=\nEMPTY=\"\"\n";
  EXPECT_EQ(os_release_value(text, "PRETTY_NAME"), "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(os_release_value(text, "VERSION_ID"), "12");
  EXPECT_EQ(os_release_value(text, "VERSION"), "");
  EXPECT_EQ(os_release_value(text, "NAM"), "");
  EXPECT_EQ(os_release_value("", "NAME"), "");
}

TEST(HostFacts, are_those_of_this_host) {
  const HostFacts facts = read_host_facts();
  EXPECT_FALSE(facts.kernel.empty());
  EXPECT_GT(facts.memory_bytes, 0);
  EXPECT_GT(open_descriptors(), 0);
}

}  // namespace
}  // namespace skein::api
