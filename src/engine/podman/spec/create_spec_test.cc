// What Podman is told so that a container is as Docker makes it.
#include "engine/podman/spec/create_spec.h"

#include <gtest/gtest.h>

#include "engine/podman/spec/mount_spec.h"

namespace skein::engine {
namespace {

using nlohmann::json;

Result<PodmanCreate> create(const json& host, json body = json::object()) {
  body["HostConfig"] = host;
  PodmanCreateContext context;
  context.image_volumes["/var/tmp"] = json::object();
  context.new_name = [] { return std::string("made-up"); };
  return podman_create(std::move(body), context);
}
json host_of(const json& host, json body = json::object()) {
  auto created = create(host, std::move(body));
  EXPECT_TRUE(created.ok()) << (created.ok() ? "" : created.error().text());
  return created.ok() ? created->body["HostConfig"] : json();
}
std::string refusal(const json& mount) {
  auto created = create({{"Mounts", {mount}}});
  return created.ok() ? "" : created.error().text();
}

TEST(PodmanCreate, there_is_no_limit_of_processes_unless_one_is_asked_for) {
  for (const json& none : {json(), json(0), json(-1), json(-7)})
    EXPECT_EQ(host_of({{"PidsLimit", none}})["PidsLimit"], 0) << none;
  EXPECT_EQ(host_of({{"PidsLimit", 50}})["PidsLimit"], 50);
}

TEST(PodmanCreate, shared_memory_has_dockers_size) {
  EXPECT_EQ(host_of(json::object())["ShmSize"], 67108864);
  EXPECT_EQ(host_of({{"ShmSize", 0}})["ShmSize"], 67108864);
  EXPECT_EQ(host_of({{"ShmSize", 4096}})["ShmSize"], 4096);
  EXPECT_FALSE(host_of({{"IpcMode", "host"}}).contains("ShmSize"));
}

TEST(PodmanCreate, users_of_an_own_network_bind_low_ports) {
  const std::string low_ports = "net.ipv4.ip_unprivileged_port_start";
  EXPECT_EQ(host_of({{"NetworkMode", "ns:/run/n/1"}})["Sysctls"][low_ports], "0");
  EXPECT_EQ(host_of({{"Sysctls", {{low_ports, "1024"}}}})["Sysctls"][low_ports], "1024");
  for (const char* mode : {"host", "container:x"}) EXPECT_FALSE(host_of({{"NetworkMode", mode}}).contains("Sysctls"));
}

TEST(PodmanCreate, a_read_only_root_is_read_only_everywhere) {
  json host = host_of({{"ReadonlyRootfs", true}});
  for (const char* folder : {"/run", "/tmp"}) EXPECT_EQ(host["Tmpfs"][folder], "ro,tmpcopyup") << folder;
  EXPECT_FALSE(host["Tmpfs"].contains("/var/tmp")) << "the image has a volume there";
  host = host_of({{"ReadonlyRootfs", true},
                  {"Tmpfs", {{"/run", ""}}},
                  {"Binds", {"/a:/tmp:rw"}},
                  {"Mounts", {{{"Type", "volume"}, {"Source", "v"}, {"Target", "/d"}}}}});
  EXPECT_EQ(host["Tmpfs"], json({{"/run", "noexec,notmpcopyup"}}));
  EXPECT_FALSE(host_of(json::object()).contains("Tmpfs"));

  json shown{{"Config", {{"Hostname", "h"}, {"Env", {"container=podman", "TERM=xterm", "HOSTNAME=h", "A=b"}}}},
             {"HostConfig", {{"Tmpfs", {{"/run", "ro,tmpcopyup,rprivate,nosuid,nodev"}, {"/x", "rw"}}}}}};
  hide_podman_defaults(shown);
  EXPECT_EQ(shown["HostConfig"]["Tmpfs"], json({{"/x", "rw"}}));
  EXPECT_EQ(shown["Config"]["Env"], json({"A=b"}));
}

TEST(PodmanCreate, a_tmpfs_is_empty_and_runs_no_programs) {
  EXPECT_EQ(host_of({{"Tmpfs", {{"/t", "size=1m"}}}})["Tmpfs"]["/t"], "size=1m,noexec,notmpcopyup");
  EXPECT_EQ(host_of({{"Tmpfs", {{"/t", "exec"}}}})["Tmpfs"]["/t"], "exec,notmpcopyup");
  const json mount{{"Type", "tmpfs"},
                   {"Target", "/t"},
                   {"ReadOnly", true},
                   {"TmpfsOptions", {{"SizeBytes", 4096}, {"Mode", 0700}, {"Options", {{"exec"}, {"uid", "7"}}}}}};
  const json host = host_of({{"Mounts", {mount}}});
  EXPECT_EQ(host["Tmpfs"]["/t"], "ro,size=4096,mode=700,exec,uid=7,notmpcopyup");
  EXPECT_EQ(host["Mounts"], json::array());
}

TEST(PodmanCreate, what_a_mount_asks_of_a_volume_is_asked_of_the_volume) {
  const json options{{"type", "nfs"}, {"device", ":/x"}, {"o", "addr=192.0.2.1"}};
  json mount{{"Type", "volume"},
             {"Source", "v"},
             {"Target", "/d"},
             {"VolumeOptions", {{"DriverConfig", {{"Options", options}}}, {"Labels", {{"a", "b"}}}}}};
  auto created = create({{"Mounts", {mount}}});
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created->volumes,
            json::array({{{"Name", "v"}, {"Driver", "local"}, {"DriverOpts", options}, {"Labels", {{"a", "b"}}}}}));
  EXPECT_EQ(created->body["HostConfig"]["Binds"], json({"v:/d:suid,dev"}));
  mount.erase("Source");
  created = create({{"Mounts", {mount}}});
  EXPECT_EQ(created->volumes[0]["Name"], "made-up");
  EXPECT_EQ(created->body["HostConfig"]["Binds"], json({"made-up:/d:suid,dev"}));
}

TEST(PodmanCreate, a_volume_may_stay_empty) {
  const json mount{
      {"Type", "volume"}, {"Source", "v"}, {"Target", "/d"}, {"ReadOnly", true}, {"VolumeOptions", {{"NoCopy", true}}}};
  const json host = host_of({{"Mounts", {mount}}});
  EXPECT_EQ(host["Binds"], json({"v:/d:suid,dev,nocopy,ro"}));
  EXPECT_EQ(host["Mounts"], json::array());
}

TEST(PodmanCreate, volumes_hold_devices_and_programs_of_their_owners) {
  EXPECT_EQ(host_of({{"Binds", {"v:/d", "v:/e:ro", "v:/f:ro,nosuid", "/a:/b:ro", "/c"}}})["Binds"],
            json({"v:/d:suid,dev", "v:/e:ro,suid,dev", "v:/f:ro,nosuid", "/a:/b:ro", "/c"}));
  const json nameless{{"Type", "volume"}, {"Target", "/d"}};
  EXPECT_EQ(host_of({{"Mounts", {nameless}}})["Mounts"], json::array({nameless})) << "it goes with the container";
}

TEST(PodmanCreate, who_asks_for_some_limits_has_the_others_of_the_host) {
  PodmanCreateContext context;
  context.ulimits = {{"nofile", 2000}, {"nproc", 90}};
  const json files{{"Name", "nofile"}, {"Soft", 1}, {"Hard", 2}};
  auto created = podman_create({{"HostConfig", {{"Ulimits", {files}}}}}, context);
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created->body["HostConfig"]["Ulimits"],
            json::array({files, {{"Name", "nproc"}, {"Soft", 90}, {"Hard", 90}}}));
  created = podman_create({{"HostConfig", json::object()}}, context);
  EXPECT_FALSE(created->body["HostConfig"]["Ulimits"].is_array()) << "the engine's own are in its configuration";
}

TEST(PodmanCreate, variables_of_podmans_are_unset_unless_somebody_sets_them) {
  const auto environment = [](json body, std::vector<std::string> image) {
    PodmanCreateContext context;
    context.image_environment = std::move(image);
    return podman_create(std::move(body), context)->body["Env"];
  };
  EXPECT_EQ(environment({{"Env", {"A=b"}}}, {"PATH=/bin"}),
            json({"A=b", "container=io.skein.unset", "TERM=io.skein.unset"}));
  EXPECT_EQ(environment({{"Tty", true}}, {}), json({"container=io.skein.unset"}));
  EXPECT_EQ(environment({{"Env", {"TERM=dumb"}}}, {"container=mine"}), json({"TERM=dumb"}));
  json shown{{"Config", {{"Env", {"A=b", "container=io.skein.unset", "TERM=dumb"}}}}};
  hide_podman_defaults(shown);
  EXPECT_EQ(shown["Config"]["Env"], json({"A=b", "TERM=dumb"}));
}

TEST(PodmanCreate, paths_are_hidden_as_docker_hides_them) {
  EXPECT_EQ(host_of(json::object())["SecurityOpt"],
            json({"mask=/proc/asound:/proc/interrupts:/sys/devices/virtual/powercap"}));
  const json unconfined = host_of({{"MaskedPaths", json::array()}, {"ReadonlyPaths", json::array()}});
  const std::string unmask = unconfined["SecurityOpt"][0];
  EXPECT_TRUE(unmask.starts_with("unmask=/proc/acpi:")) << unmask;
  EXPECT_TRUE(unmask.ends_with(":/proc/sys:/proc/sysrq-trigger")) << unmask;
  const json asked = host_of({{"MaskedPaths", {"/proc/kcore", "/x"}}})["SecurityOpt"];
  EXPECT_EQ(asked[0], "mask=/proc/kcore:/x");
  EXPECT_EQ(std::string(asked[1]).find("/proc/kcore"), std::string::npos);
  EXPECT_TRUE(host_of({{"Privileged", true}})["SecurityOpt"].is_null());
}

TEST(PodmanCreate, what_cannot_be_had_is_refused) {
  EXPECT_EQ(refusal({{"Type", "volume"}, {"VolumeOptions", {{"Subpath", "x"}}}}),
            "VolumeOptions.Subpath is not supported by this version");
  EXPECT_EQ(refusal({{"Type", "bind"}, {"BindOptions", {{"ReadOnlyForceRecursive", true}}}}),
            "BindOptions.ReadOnlyForceRecursive is not supported by this version");
  EXPECT_EQ(refusal({{"Type", "npipe"}}), "the mount type \"npipe\" is not supported by this version");
}

TEST(PodmanVolume, a_tmpfs_has_the_size_that_was_asked_for) {
  const json asked{{"type", "tmpfs"}, {"o", "size=1m,mode=1777"}};
  auto volume = podman_volume({{"Name", "v"}, {"DriverOpts", asked}});
  ASSERT_TRUE(volume.ok());
  EXPECT_EQ((*volume)["DriverOpts"], json({{"type", "tmpfs"}, {"device", "tmpfs"}, {"o", "nr_blocks=256,mode=1777"}}));
  json shown{{"Name", "v"}, {"Labels", (*volume)["Labels"]}, {"Options", (*volume)["DriverOpts"]}};
  present_volume_options(shown);
  EXPECT_EQ(shown, json({{"Name", "v"}, {"Labels", json::object()}, {"Options", asked}}));
  const std::pair<const char*, const char*> sizes[] = {
      {"1", "1"}, {"4096", "1"}, {"4097", "2"}, {"2K", "1"}, {"1G", "262144"}};
  for (const auto& [size, blocks] : sizes)
    EXPECT_EQ(
        (*podman_volume({{"DriverOpts", {{"type", "tmpfs"}, {"o", std::string("size=") + size}}}}))["DriverOpts"]["o"],
        std::string("nr_blocks=") + blocks);
}

TEST(PodmanVolume, options_that_need_others_are_refused_without_them) {
  auto complaint = [](const json& options) {
    auto volume = podman_volume({{"Name", "v"}, {"DriverOpts", options}});
    return volume.ok() ? "" : volume.error().text();
  };
  EXPECT_EQ(complaint({{"o", "addr=x"}}), "create v: missing required option: \"device\"");
  EXPECT_EQ(complaint({{"type", "nfs"}}), "create v: missing required option: \"device\"");
  EXPECT_EQ(complaint({{"device", ":/x"}}), "create v: missing required option: \"type\"");
  EXPECT_EQ(complaint({{"type", "tmpfs"}, {"o", "size=much"}}), "create v: invalid size: 'much'");
  EXPECT_EQ(complaint({{"type", "nfs"}, {"device", ":/x"}, {"o", "addr=x"}}), "");
  EXPECT_EQ(complaint(json::object()), "");
}

}  // namespace
}  // namespace skein::engine
