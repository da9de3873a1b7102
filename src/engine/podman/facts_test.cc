#include "engine/podman/facts.h"

#include <gtest/gtest.h>

namespace skein::engine {
namespace {

using nlohmann::json;

// As Podman 4.3.1 answers; members that nobody reads are left out.
const char* const kInfo = R"({
  "host": {
    "cgroupManager": "cgroupfs",
    "conmon": {"package": "conmon_2.1.6+ds1-1_amd64", "version": "conmon version 2.1.6, commit: unknown"},
    "logDriver": "k8s-file",
    "ociRuntime": {"name": "crun", "package": "crun_1.8.1-1+deb12u1_amd64", "path": "/usr/bin/crun",
                   "version": "crun version 1.8.1\ncommit: f8a096be\nrundir: /run/crun\nspec: 1.0.0"},
    "security": {"apparmorEnabled": false, "seccompEnabled": true, "selinuxEnabled": false}},
  "store": {"graphDriverName": "overlay",
            "graphStatus": {"Backing Filesystem": "extfs", "Native Overlay Diff": "true"}},
  "plugins": {"volume": ["local"], "log": ["k8s-file", "none", "passthrough", "journald"]},
  "version": {"APIVersion": "4.3.1", "Version": "4.3.1", "GoVersion": "go1.19.8", "Os": "linux"}})";

TEST(PodmanFacts, are_read_from_its_info) {
  const EngineFacts facts = facts_of(json::parse(kInfo), {});
  ASSERT_EQ(facts.components.size(), 3u);
  EXPECT_EQ(facts.components[0].name, "Podman Engine");
  EXPECT_EQ(facts.components[0].version, "4.3.1");
  EXPECT_EQ(facts.components[1].version, "2.1.6");
  EXPECT_EQ(facts.components[2].name, "OCI Runtime (crun)");
  EXPECT_EQ(facts.components[2].version, "1.8.1");
  EXPECT_EQ(facts.runtime_path, "/usr/bin/crun");
  EXPECT_EQ(facts.storage_status.at(0).first, "Backing Filesystem");
  EXPECT_EQ(facts.storage_status.at(0).second, "extfs");
  EXPECT_EQ(facts.log_drivers.size(), 4u);
  EXPECT_EQ(facts.security_options, std::vector<std::string>{"name=seccomp,profile=default"});
}

TEST(PodmanFacts, are_those_of_the_configuration_where_it_says_nothing) {
  PodmanOptions options;
  options.runtime = "runc";
  for (const char* text : {"{}", "[]", "null", R"({"host": 7, "store": [], "version": {"Version": 4}})"}) {
    const EngineFacts facts = facts_of(json::parse(text), options);
    EXPECT_TRUE(facts.components.empty()) << text;
    EXPECT_EQ(facts.runtime, "runc") << text;
    EXPECT_EQ(facts.storage_driver, "overlay") << text;
    EXPECT_EQ(facts.log_drivers, (std::vector<std::string>{"json-file", "local"})) << text;
  }
}

}  // namespace
}  // namespace skein::engine
