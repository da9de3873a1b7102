// What is asked of a volume is honoured or refused, never dropped: its data would go elsewhere.
#include "api/volumes/volume_json.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using nlohmann::json;

const std::string kName(64, 'f');

json made(const std::string& body) {
  auto request = volume_request(json::parse(body), kName);
  return request.ok() ? *request : json(request.error().text());
}

TEST(VolumeJson, volumes_without_a_name_are_anonymous) {
  const json request = made("{}");
  EXPECT_EQ(request["Name"], kName);
  EXPECT_EQ(request["Labels"], json::parse(R"({"com.docker.volume.anonymous":""})"));
  EXPECT_EQ(made(R"({"Name":"data","Labels":{"a":"b"}})"),
            json::parse(R"({"Name":"data","Driver":"local","DriverOpts":{},"Labels":{"a":"b"}})"));
}

TEST(VolumeJson, options_of_other_types_go_through_as_they_are) {
  const json options{{"type", "nfs"}, {"device", ":/srv"}, {"o", "addr=10.0.0.1,rw,size=1m"}};
  EXPECT_EQ(made(json{{"Name", "n1"}, {"DriverOpts", options}}.dump())["DriverOpts"], options);
}

TEST(VolumeJson, what_docker_refuses_is_refused_in_its_words) {
  const std::pair<const char*, const char*> kRefused[] = {
      {R"({"Name":"a/b"})",
       "create a/b: \"a/b\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" "
       "are "
       "allowed. If you intended to pass a host directory, use absolute path"},
      {R"({"Name":"a"})", "create a: volume name is too short, names should be at least two alphanumeric characters"},
      {R"({"Name":"v1","Driver":"foo"})", "create v1: error looking up volume plugin foo: plugin \"foo\" not found"},
      {R"({"Name":"v1","DriverOpts":{"foo":"1"}})", "create v1: invalid option: \"foo\""},
      {R"({"Name":"v1","DriverOpts":{"type":"nfs","o":"addr=1.2.3.4"}})",
       "create v1: missing required option: \"device\""},
      {R"({"Name":"v1","DriverOpts":{"device":"/x"}})", "create v1: missing required option: \"type\""},
      {R"({"Name":"v1","DriverOpts":{"size":"1m"}})", "create v1: quota size requested but no quota support"},
      {R"({"Name":5})", "Name must be a string"},
      {R"({"Name":"v1","Labels":{"a":1}})", "Labels.a must be a string"},
      {R"([])", "invalid JSON: the request must be an object"},
  };
  for (const auto& [body, wanted] : kRefused) EXPECT_EQ(made(body), wanted) << body;
}

TEST(VolumeJson, the_engines_volume_is_shown_as_docker_shows_it) {
  const json anonymous = json::parse(
      R"({"Name":"32","Driver":"local","Mountpoint":"/v/32/_data","CreatedAt":"2026-11-28T22:15:31.307415743Z",
          "Labels":{},"Scope":"local","Options":{},"Anonymous":true,"MountCount":0,"NeedsCopyUp":true})");
  EXPECT_EQ(present_volume(anonymous),
            json::parse(R"({"Name":"32","Driver":"local","Mountpoint":"/v/32/_data","CreatedAt":"2026-11-28T22:15:31Z",
                            "Labels":{"com.docker.volume.anonymous":""},"Scope":"local","Options":null})"));
}

}  // namespace
}  // namespace skein::api
