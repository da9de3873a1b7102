// Bodies as Docker's daemon reads them: names, unknown members, nulls, duplicates, types, and what it says of mistakes.
#include "api/requests/request_body.h"

#include <gtest/gtest.h>

#include "api/requests/schemas.h"

namespace skein::api {
namespace {

using nlohmann::json;

Result<json> read_body(const std::string& text, const schema::Schema& schema, const char* type = "application/json") {
  io::http::Request request;
  request.body = text;
  request.headers.set("Content-Type", type);
  return body_of(request, schema);
}
json container(const std::string& text) {
  auto body = read_body(text, schema::kContainerBody);
  EXPECT_TRUE(body.ok()) << text << ": " << (body.ok() ? "" : body.error().text());
  return body.ok() ? *body : json();
}
std::string body_complaint(const std::string& text, const schema::Schema& schema = schema::kContainerBody) {
  auto body = read_body(text, schema);
  return body.ok() ? "" : body.error().text();
}

TEST(RequestBody, names_match_exactly_or_else_without_case) {
  EXPECT_EQ(container(R"({"image":"a"})"), json({{"Image", "a"}}));
  EXPECT_EQ(container(R"({"IMAGE":"a"})"), json({{"Image", "a"}}));
  EXPECT_EQ(container(R"({"hostconfig":{"networkMODE":"n","portbindings":{"80/tcp":[{"hostport":"8080"}]}}})"),
            json({{"HostConfig", {{"NetworkMode", "n"}, {"PortBindings", {{"80/tcp", {{{"HostPort", "8080"}}}}}}}}}));
  EXPECT_EQ(container("{\"\u212aind\":1,\"Label\u017f\":{\"a\":\"b\"}}"), json({{"Labels", {{"a", "b"}}}}));
  // Keys of maps are the user's own.
  EXPECT_EQ(container(R"({"Labels":{"Image":"x","image":"y"}})"), json({{"Labels", {{"Image", "x"}, {"image", "y"}}}}));
  EXPECT_EQ(container(R"({"NetworkingConfig":{"EndpointsConfig":{"Web":{"aliases":["a"]}}}})"),
            json({{"NetworkingConfig", {{"EndpointsConfig", {{"Web", {{"Aliases", {"a"}}}}}}}}}));
}

TEST(RequestBody, unknown_members_are_left_out_at_every_depth) {
  EXPECT_EQ(container(R"({"Image":"a","version":{"x":[1,{"y":null}]},"HostConfig":{"Imag":1,"Memory":7}})"),
            json({{"Image", "a"}, {"HostConfig", {{"Memory", 7}}}}));
}

TEST(RequestBody, of_members_given_twice_the_last_wins_and_objects_are_joined) {
  EXPECT_EQ(container(R"({"Image":"a","image":"b"})"), json({{"Image", "b"}}));
  EXPECT_EQ(container(R"({"image":"b","Image":"a"})"), json({{"Image", "a"}}));
  EXPECT_EQ(container(R"({"HostConfig":{"Memory":1,"CpuShares":2},"hostConfig":{"Memory":3}})"),
            json({{"HostConfig", {{"Memory", 3}, {"CpuShares", 2}}}}));
  EXPECT_EQ(container(R"({"Env":["a"],"env":["b"]})"), json({{"Env", {"b"}}}));
}

TEST(RequestBody, null_leaves_the_default) {
  EXPECT_EQ(container(R"({"Image":null,"Tty":null,"HostConfig":null,"Env":null,"Labels":null})"), json::object());
  EXPECT_EQ(container(R"({"Image":"a","image":null})"), json({{"Image", "a"}}));
  EXPECT_EQ(container(R"({"Env":["a",null],"Volumes":{"/v":null}})"),
            json({{"Env", {"a", ""}}, {"Volumes", {{"/v", json::object()}}}}));
  EXPECT_EQ(container("null"), json::object());
  EXPECT_EQ(*read_body("", schema::kServiceBody), json::object());
}

TEST(RequestBody, a_command_may_be_one_string) {
  EXPECT_EQ(container(R"({"Cmd":"ls","Entrypoint":["a","b"]})"), json({{"Cmd", {"ls"}}, {"Entrypoint", {"a", "b"}}}));
}

TEST(RequestBody, strings_are_unescaped_as_go_does) {
  EXPECT_EQ(container(R"({"Image":"a\u00e9\ud83d\ude00\/\n\ud800x"})"), json({{"Image", "aé😀/\n\ufffdx"}}));
  EXPECT_EQ(container("{\"Image\":\"a\xff\xc3(\"}"), json({{"Image", "a\ufffd\ufffd("}}));
}

TEST(RequestBody, another_type_is_refused_in_gos_words) {
  const std::string prefix = "invalid JSON: json: cannot unmarshal ";
  EXPECT_EQ(body_complaint(R"({"Tty":"yes"})"),
            prefix + "string into Go struct field ContainerConfigWrapper.Tty of type bool");
  EXPECT_EQ(body_complaint(R"({"hostconfig":{"pidslimit":"5"}})"),
            prefix + "string into Go struct field HostConfig.HostConfig.PidsLimit of type int64");
  EXPECT_EQ(body_complaint(R"({"HostConfig":{"Memory":1.0}})"),
            prefix + "number 1.0 into Go struct field HostConfig.HostConfig.Memory of type int64");
  EXPECT_EQ(body_complaint(R"({"HostConfig":{"BlkioWeight":70000}})"),
            prefix + "number 70000 into Go struct field HostConfig.HostConfig.BlkioWeight of type uint16");
  EXPECT_EQ(body_complaint(R"({"Image":5})"),
            prefix + "number into Go struct field ContainerConfigWrapper.Image of type string");
  EXPECT_EQ(body_complaint(R"({"Env":"A=b"})"),
            prefix + "string into Go struct field ContainerConfigWrapper.Env of type []string");
  EXPECT_EQ(body_complaint(R"({"Env":["A=b",{}]})"),
            prefix + "object into Go struct field ContainerConfigWrapper.Env of type string");
  EXPECT_EQ(body_complaint(R"({"Labels":{"a":1}})"),
            prefix + "number into Go struct field ContainerConfigWrapper.Labels of type string");
  EXPECT_EQ(body_complaint(R"({"Cmd":1})"),
            prefix + "number into Go struct field ContainerConfigWrapper.Cmd of type string");
  EXPECT_EQ(body_complaint(R"({"HostConfig":[]})"),
            prefix + "array into Go struct field ContainerConfigWrapper.HostConfig of type container.HostConfig");
  EXPECT_EQ(body_complaint(R"({"Mode":{"Replicated":{"Replicas":-1}}})", schema::kServiceBody),
            prefix + "number -1 into Go struct field ReplicatedService.Mode.Replicated.Replicas of type uint64");
  EXPECT_EQ(body_complaint("[]", schema::kServiceBody), prefix + "array into Go value of type swarm.ServiceSpec");
  EXPECT_EQ(body_complaint(R"("x")", schema::kServiceBody), prefix + "string into Go value of type swarm.ServiceSpec");
  // The first mistake counts, wherever it stands.
  EXPECT_EQ(body_complaint(R"({"Tty":1,"Image":true})"),
            prefix + "number into Go struct field ContainerConfigWrapper.Tty of type bool");
}

TEST(RequestBody, broken_json_is_refused_in_gos_words) {
  EXPECT_EQ(body_complaint("{invalid"),
            "invalid JSON: invalid character 'i' looking for beginning of object key string");
  EXPECT_EQ(body_complaint(R"({"Image":)"), "invalid JSON: unexpected EOF");
  EXPECT_EQ(body_complaint("  \n"), "invalid JSON: got EOF while reading request body");
  EXPECT_EQ(body_complaint("{} {}"), "unexpected content after JSON");
  EXPECT_EQ(body_complaint("{}}"), "");
  EXPECT_EQ(body_complaint("{}\n"), "");
  EXPECT_EQ(body_complaint(std::string(100'000, '[')), "invalid JSON: exceeded max depth");
  EXPECT_EQ(body_complaint(std::string(60, '[') + std::string(60, ']')),
            "invalid JSON: json: cannot unmarshal array into Go value of type runconfig.ContainerConfigWrapper");
}

TEST(RequestBody, a_body_must_say_that_it_is_json) {
  auto refusal = [](const char* type, const char* body = "{}") {
    auto read_back = read_body(body, schema::kServiceBody, type);
    return read_back.ok() ? "" : read_back.error().text();
  };
  for (const char* type : {"application/json", "Application/JSON; charset=utf-8"}) EXPECT_EQ(refusal(type), "") << type;
  EXPECT_EQ(refusal("text/plain"), "unsupported Content-Type header (text/plain): must be 'application/json'");
  EXPECT_EQ(refusal(""), "malformed Content-Type header (): mime: no media type");
  EXPECT_EQ(refusal("", ""), "");
}

}  // namespace
}  // namespace skein::api
