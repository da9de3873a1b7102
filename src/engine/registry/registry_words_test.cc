#include "engine/registry/registry_words.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/bytes.h"

namespace skein::engine {
namespace {

using nlohmann::json;

TEST(ImagePlace, names_say_where_an_image_is) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  for (const auto& [name, registry, repository, reference] :
       std::vector<std::array<std::string, 4>>{{"localhost/app", "localhost", "app", "latest"},
                                               {"localhost:5000/team/app:1", "localhost:5000", "team/app", "1"},
                                               {"registry.example/app@" + digest, "registry.example", "app", digest},
                                               {"10.0.0.1:5000/app:1@" + digest, "10.0.0.1:5000", "app", digest}}) {
    auto place = image_place(name);
    ASSERT_TRUE(place.ok()) << name;
    EXPECT_EQ(place->registry, registry);
    EXPECT_EQ(place->repository, repository);
    EXPECT_EQ(place->reference, reference);
  }
  for (const char* name : {"app", "team/app:1", "docker.io/library/app", "/app"}) EXPECT_FALSE(image_place(name).ok());
}

TEST(RegistryHost, has_a_name_and_perhaps_a_port) {
  EXPECT_EQ(registry_host("registry.example")->port, 0);
  EXPECT_EQ(registry_host("registry.example:5000")->port, 5000);
  EXPECT_EQ(registry_host("[::1]:5000")->host, "::1");
  for (const char* own : {"localhost:5000", "127.0.0.1", "127.9.9.9:1", "[::1]"})
    EXPECT_TRUE(registry_host(own)->is_loopback) << own;
  for (const char* other : {"registry.example", "10.0.0.1:5000", "localhost.example"})
    EXPECT_FALSE(registry_host(other)->is_loopback) << other;
  for (const char* bad : {"", ":5000", "a:0", "a:65536", "a:x", "a:", "a b", "a\r\nX: y", "user@host"})
    EXPECT_FALSE(registry_host(bad).ok()) << bad;
}

TEST(RegistryCredentials, are_read_from_the_header_in_both_alphabets) {
  const std::string text = R"({"username":"u","password":"p???>>>","serveraddress":"s"})";
  for (const std::string& header : {to_base64(text), [&] {
                                      std::string safe = to_base64(text);
                                      for (char& c : safe) c = c == '+' ? '-' : c == '/' ? '_' : c;
                                      return safe;
                                    }()}) {
    auto read = credentials_of_header(header);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->username, "u");
    EXPECT_EQ(read->password,
              "p??"
              "?>>>");
    EXPECT_EQ(basic_authorization(*read), "Basic " + to_base64("u:p??"
                                                               "?>>>"));
  }
  EXPECT_EQ(basic_authorization(*credentials_of_header("")), "");
  EXPECT_EQ(basic_authorization(*credentials_of_header("e30=")), "");
  EXPECT_FALSE(credentials_of_header("!").ok());
  EXPECT_FALSE(credentials_of_header(to_base64("[]")).ok());
}

TEST(Challenge, has_a_scheme_and_parameters) {
  auto bearer = parse_challenge(R"(Bearer realm="https://a.example/token",service="a, \"b\"",scope=pull)");
  EXPECT_EQ(bearer.scheme, "bearer");
  EXPECT_EQ(bearer.parameters["realm"], "https://a.example/token");
  EXPECT_EQ(bearer.parameters["service"], "a, \"b\"");
  EXPECT_EQ(bearer.parameters["scope"], "pull");
  EXPECT_EQ(parse_challenge("Basic realm=\"x\"").scheme, "basic");
  for (const char* odd : {"", "Bearer", "Bearer realm=\"", "Bearer realm", "Bearer ,,,", "Bearer realm=\"x\\"})
    EXPECT_TRUE(parse_challenge(odd).parameters["service"].empty()) << odd;
}

TEST(Distribution, shows_the_descriptor_and_the_platforms) {
  const std::string list =
      R"({"manifests":[{"platform":{"architecture":"amd64","os":"linux"}},{"platform":{"architecture":"arm","os":"linux","variant":"v7"}}]})";
  json shown = distribution_of("application/list", "sha256:1", list);
  EXPECT_EQ(shown["Descriptor"],
            (json{{"mediaType", "application/list"}, {"digest", "sha256:1"}, {"size", list.size()}}));
  EXPECT_EQ(shown["Platforms"][1], (json{{"architecture", "arm"}, {"os", "linux"}, {"variant", "v7"}}));
  EXPECT_FALSE(config_digest(list));
  const std::string one = R"({"config":{"digest":"sha256:2"},"layers":[]})";
  shown = distribution_of("m", "sha256:3", one);
  EXPECT_TRUE(shown["Platforms"].empty());
  EXPECT_EQ(config_digest(one), "sha256:2");
  add_platform(shown, R"({"architecture":"amd64","os":"linux","config":{}})");
  EXPECT_EQ(shown["Platforms"], json::parse(R"([{"architecture":"amd64","os":"linux"}])"));
  for (const char* odd : {"", "[]", "{\"manifests\":7}", "{\"manifests\":[1]}", "{\"config\":1}"}) {
    EXPECT_TRUE(distribution_of("m", "d", odd)["Platforms"].empty());
    EXPECT_FALSE(config_digest(odd));
  }
}

// What Podman 4.3 says, and what Docker 20.10 said in the same cases.
TEST(RegistryFailure, has_dockers_words) {
  const std::string read = "initializing source docker://h:5000/app:1: reading manifest 1 in h:5000/app: ";
  EXPECT_EQ(registry_failure(read + "unauthorized: authentication required", "h:5000/app:1"),
            "unauthorized: authentication required");
  EXPECT_EQ(registry_failure(read + "manifest unknown: manifest unknown", "h:5000/app:1"),
            "manifest for h:5000/app:1 not found: manifest unknown: manifest unknown");
  EXPECT_EQ(registry_failure("initializing source docker://h:1/app:9: pinging container registry h:1: Get "
                             "\"http://h:1/v2/\": dial tcp h:1: connect: connection refused",
                             "h:1/app:9"),
            "Get \"http://h:1/v2/\": dial tcp h:1: connect: connection refused");
  EXPECT_EQ(registry_failure("initializing source docker://h:5000/app:1: pinging container registry h:5000: Get "
                             "\"https://h:5000/v2/\": x509: certificate signed by unknown authority",
                             "h:5000/app:1"),
            "Get \"https://h:5000/v2/\": x509: certificate signed by unknown authority; put the certificate of who "
            "signed it into /etc/docker/certs.d/h:5000/ca.crt on each host");
  EXPECT_EQ(registry_failure("no space left on device", "app"), "no space left on device");
}

TEST(RegistryError, is_named_as_docker_names_it) {
  EXPECT_EQ(registry_error(401, R"({"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]})"),
            "unauthorized: authentication required");
  EXPECT_EQ(registry_error(404, R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})"),
            "manifest unknown: manifest unknown");
  EXPECT_EQ(registry_error(502, "<html>"), "received unexpected HTTP status: 502");
}

}  // namespace
}  // namespace skein::engine
