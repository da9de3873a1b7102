#include "engine/podman/events/events.h"

#include <gtest/gtest.h>

#include "engine/podman/config.h"
#include "engine/values/networking_record.h"

namespace skein::engine {
namespace {

// As Podman 4.3.1 sends it.
const char* const kDie =
    R"({"status":"die","id":"8c1c","from":"localhost/busybox:latest","Type":"container","Action":"die","Actor":{"ID":"8c1c","Attributes":)"
    R"({"containerExitCode":"5","exitCode":"5","image":"localhost/busybox:latest","io.skein.networking":"{}","name":"x","podId":""}},)"
    R"("scope":"local","time":1795391410,"timeNano":1795391410174927805})";

TEST(PodmanEvents, are_told_as_dockers) {
  auto event = docker_event(kDie);
  ASSERT_TRUE(event);
  EXPECT_EQ((*event)["Actor"]["Attributes"],
            nlohmann::json({{"exitCode", "5"}, {"image", "busybox:latest"}, {"name", "x"}}));
  for (const char* old : {"status", "id", "from"}) EXPECT_FALSE(event->contains(old)) << old;
  std::string removed = kDie;
  for (size_t at; (at = removed.find("\"die\"")) != std::string::npos;) removed.replace(at, 5, "\"remove\"");
  EXPECT_EQ((*docker_event(removed))["Action"], "destroy");
}

TEST(PodmanEvents, name_the_image_as_its_user_did) {
  NetworkingRecord record;
  record.key = "ab";
  record.image = "busybox";
  auto event = nlohmann::json::parse(kDie);
  event["Actor"]["Attributes"][kNetworkingLabel] = record.label();
  EXPECT_EQ((*docker_event(event.dump()))["Actor"]["Attributes"]["image"], "busybox");
}

TEST(PodmanEvents, of_images_and_volumes_have_dockers_attributes) {
  const std::string id(64, 'a');
  auto told = [&](const char* type, const char* action, const std::string& actor_id, const char* name) {
    const nlohmann::json event{
        {"Type", type}, {"Action", action}, {"Actor", {{"ID", actor_id}, {"Attributes", {{"name", name}}}}}};
    const auto out = docker_event(event.dump());
    return (*out)["Action"].get<std::string>() + " " + (*out)["Actor"].dump();
  };
  const std::string with_front = "sha256:" + id;
  EXPECT_EQ(told("image", "tag", id, "localhost/web:1"),
            R"(tag {"Attributes":{"name":"web:1"},"ID":")" + with_front + "\"}");
  for (const auto& [engines, dockers] : {std::pair("untag", "untag"), std::pair("remove", "delete"),
                                         std::pair("loadfromarchive", "load"), std::pair("save", "save")})
    EXPECT_EQ(told("image", engines, id, "localhost/web:1"),
              dockers + std::string(R"( {"Attributes":{"name":")") + with_front + R"("},"ID":")" + with_front + "\"}");
  EXPECT_EQ(told("image", "pull", id, "docker.io/library/busybox:1.35"),
            R"(pull {"Attributes":{"name":"busybox"},"ID":"busybox:1.35"})");
  EXPECT_EQ(told("volume", "create", "", "data"), R"(create {"Attributes":{"driver":"local"},"ID":"data"})");
  EXPECT_EQ(told("volume", "remove", "data", "data"), R"(destroy {"Attributes":{"driver":"local"},"ID":"data"})");
}

TEST(PodmanEvents, that_docker_does_not_have_are_dropped) {
  for (const char* action : {"init", "cleanup", "sync"}) {
    std::string line = kDie;
    for (size_t at; (at = line.find("\"die\"")) != std::string::npos;)
      line.replace(at, 5, "\"" + std::string(action) + "\"");
    EXPECT_FALSE(docker_event(line)) << action;
  }
  for (const char* line : {"", "x", "[]", "{}", R"({"Type":7,"Action":"x","Actor":{}})",
                           R"({"Type":"container","Action":"die","Actor":[]})"})
    EXPECT_FALSE(docker_event(line)) << line;
}

TEST(PodmanEvents, lines_are_whole_however_the_bytes_arrive) {
  LineSplitter lines;
  lines.add("ab");
  EXPECT_FALSE(lines.next());
  lines.add("c\nde\n\nf");
  EXPECT_EQ(lines.next(), "abc");
  EXPECT_EQ(lines.next(), "de");
  EXPECT_EQ(lines.next(), "");
  EXPECT_FALSE(lines.next());
  lines.add(std::string(2u << 20, 'x'));
  EXPECT_FALSE(lines.next());
  lines.add("g\n");
  EXPECT_EQ(lines.next(), "g");
}

TEST(PodmanConfig, keeps_apart_from_the_hosts_other_podman) {
  PodmanOptions options;
  options.state_folder = "/state \"x\"";
  options.insecure_registries = {"10.0.0.1:5000"};
  auto files = podman_config_files(options);
  EXPECT_NE(files["storage.conf"].find("graphroot = \"/state \\\"x\\\"/storage\"\n"), std::string::npos);
  EXPECT_NE(files["registries.conf"].find("location = \"10.0.0.1:5000\"\ninsecure = true\n"), std::string::npos);
  EXPECT_EQ(files["containers.conf"].find("default_ulimits"), std::string::npos);
  EXPECT_EQ(files["containers.conf"].find("init_path"), std::string::npos);
  options.open_files_max = 20000;
  options.init_program = "/usr/bin/tini-static";
  EXPECT_NE(podman_config_files(options)["containers.conf"].find("init_path = \"/usr/bin/tini-static\"\n"),
            std::string::npos);
  EXPECT_NE(podman_config_files(options)["containers.conf"].find("default_ulimits = [\"nofile=20000:20000\"]\n"),
            std::string::npos);
}

}  // namespace
}  // namespace skein::engine
