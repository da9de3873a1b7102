// `skein volume …` asks and prints what `docker volume …` does.
#include "cmd/cli/daemon/fake_daemon.h"

namespace skein::cli {
namespace {

using Words = std::vector<std::string>;

const char* const kVolumes = R"({"Volumes":[
  {"Name":"v10","Driver":"local","Labels":{"a":"b","c":""},"Mountpoint":"/v/v10","Scope":"local"},
  {"Name":"v9","Driver":"local","Labels":null,"Mountpoint":"/v/v9","Scope":"local"}],"Warnings":null})";

TEST(VolumeCommands, create_sends_driver_options_and_labels) {
  FakeDaemon daemon;
  daemon.on("POST /volumes/create", {201, R"({"Name":"cache"})"});
  const auto outcome = daemon.run(
      {"volume", "create", "--label", "a=b", "--label", "c", "-o", "type=tmpfs", "--opt", "o=size=1m", "cache"});
  EXPECT_EQ(outcome.out, "cache\n");
  EXPECT_EQ(daemon.bodies.at(0),
            Json::parse(R"({"Driver":"local","DriverOpts":{"o":"size=1m","type":"tmpfs"},"Labels":{"a":"b","c":""},
                            "Name":"cache"})"));
  daemon.run({"volume", "create"});
  EXPECT_FALSE(daemon.bodies.at(1).contains("Name"));
}

TEST(VolumeCommands, lists_are_sorted_as_people_sort) {
  FakeDaemon daemon;
  daemon.on("GET /volumes", {200, kVolumes});
  EXPECT_EQ(daemon.run({"volume", "ls"}).out, "DRIVER    VOLUME NAME\nlocal     v9\nlocal     v10\n");
  EXPECT_EQ(daemon.run({"volume", "ls", "-q"}).out, "v9\nv10\n");
  EXPECT_EQ(daemon.run({"volume", "ls", "--format", "{{.Name}} {{.Mountpoint}} {{.Labels}} {{.Size}}"}).out,
            "v9 /v/v9  N/A\nv10 /v/v10 a=b,c= N/A\n");
  daemon.on(R"(GET /volumes?filters={"dangling":{"true":true}})", {200, R"({"Volumes":null})"});
  EXPECT_EQ(daemon.run({"volume", "ls", "-f", "dangling=true"}).out, "DRIVER    VOLUME NAME\n");
}

TEST(VolumeCommands, rm_goes_on_after_a_failure) {
  FakeDaemon daemon;
  daemon.on("DELETE /volumes/v1", {409, R"({"message":"remove v1: volume is in use - [c1]"})"});
  daemon.on("DELETE /volumes/v2", {204});
  const auto outcome = daemon.run({"volume", "rm", "v1", "v2"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "v2\n");
  EXPECT_EQ(outcome.err, "Error response from daemon: remove v1: volume is in use - [c1]\n");
}

TEST(VolumeCommands, prune_takes_named_volumes_only_when_told_to) {
  FakeDaemon daemon;
  daemon.on("POST /volumes/prune", {200, R"({"VolumesDeleted":["a1","a2"],"SpaceReclaimed":1500})"});
  EXPECT_EQ(daemon.run({"volume", "prune", "-f"}).out, "Deleted Volumes:\na1\na2\n\nTotal reclaimed space: 1.5kB\n");
  daemon.on(R"(POST /volumes/prune?filters={"all":{"true":true},"label":{"x":true}})",
            {200, R"({"VolumesDeleted":null,"SpaceReclaimed":0})"});
  EXPECT_EQ(daemon.run({"volume", "prune", "-af", "--filter", "label=x"}).out, "Total reclaimed space: 0B\n");
  EXPECT_EQ(daemon.run({"volume", "prune", "-af", "--filter", "all=1"}).err,
            "conflicting options: cannot specify both --all and --filter all=1\n");
}

TEST(ImageCommands, prune_tells_what_went) {
  FakeDaemon daemon;
  daemon.on(R"(POST /images/prune?filters={"dangling":{"false":true}})",
            {200, R"({"ImagesDeleted":[{"Untagged":"web:1"},{"Deleted":"sha256:aa"}],"SpaceReclaimed":2000})"});
  EXPECT_EQ(daemon.run({"image", "prune", "-af"}).out,
            "Deleted Images:\nuntagged: web:1\ndeleted: sha256:aa\n\nTotal reclaimed space: 2kB\n");
}

}  // namespace
}  // namespace skein::cli
