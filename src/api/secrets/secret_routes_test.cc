// The calls that docker secret … and docker config … make, against a manager in memory.
#include "api/swarm/swarm_routes_for_test.h"
#include "base/bytes.h"

namespace skein::api {
namespace {

struct SecretRoutes : SwarmRoutes {
  static json spec(const std::string& name, const std::string& data = "x") {
    return {{"Name", name}, {"Data", to_base64(data)}};
  }
  std::string create(const std::string& kind, const json& body) {
    Answer answer = ask("POST", "/" + kind + "s/create", body);
    EXPECT_EQ(answer.status, 201) << message(answer);
    return answer.body.value("ID", "");
  }
  std::string refusal(const std::string& target, const json& body, int status) {
    Answer answer = ask("POST", target, body);
    EXPECT_EQ(answer.status, status);
    return message(answer);
  }
  std::string version(const std::string& path) {
    return std::to_string(ask("GET", path).body["Version"]["Index"].get<uint64_t>());
  }
  std::set<std::string> names(const std::string& filters) {
    std::set<std::string> out;
    for (const json& secret : ask("GET", "/secrets?filters=" + io::http::percent_encode(filters)).body)
      out.insert(secret["Spec"]["Name"]);
    return out;
  }
};

TEST_F(SecretRoutes, a_secret_is_shown_without_its_data_and_a_config_with_it) {
  json wanted = spec("s1", "top secret");
  wanted["Labels"] = {{"a", "b"}};
  wanted["Templating"] = {{"Name", "golang"}};
  const std::string id = create("secret", wanted);
  create("config", wanted);
  json shown = ask("GET", "/secrets/s1").body;
  EXPECT_EQ(shown["ID"], id);
  EXPECT_TRUE(shown.contains("CreatedAt") && shown.contains("UpdatedAt"));
  EXPECT_EQ(shown["Spec"], (json{{"Name", "s1"}, {"Labels", {{"a", "b"}}}, {"Templating", {{"Name", "golang"}}}}));
  EXPECT_EQ(ask("GET", "/secrets").body[0], shown);
  wanted["Data"] = to_base64("top secret");
  EXPECT_EQ(ask("GET", "/configs/s1").body["Spec"], wanted);
  EXPECT_EQ(ask("GET", "/configs").body[0]["Spec"], wanted);
}

TEST_F(SecretRoutes, names_differ_without_regard_to_case) {
  const std::string id = create("secret", spec("Ab"));
  EXPECT_EQ(refusal("/secrets/create", spec("ab"), 409),
            "rpc error: code = AlreadyExists desc = secret ab already exists");
  create("config", spec("ab"));
  EXPECT_EQ(ask("GET", "/secrets/aB").body["ID"], id);
  EXPECT_EQ(ask("GET", "/secrets/" + id.substr(0, 4)).body["ID"], id);
  EXPECT_EQ(message(ask("GET", "/secrets/nosuch")), "secret nosuch not found");
  EXPECT_EQ(ask("GET", "/secrets/nosuch").status, 404);
  EXPECT_EQ(ask("DELETE", "/configs/nosuch").status, 404);
}

TEST_F(SecretRoutes, what_can_be_no_secret_is_refused_in_dockers_words) {
  const std::string prefix = "rpc error: code = InvalidArgument desc = ";
  EXPECT_EQ(refusal("/secrets/create", spec(""), 400), prefix + "name must be provided");
  const std::string bad_name =
      prefix +
      "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]";
  for (const auto& name : {std::string(65, 'a'), std::string("a b"), std::string(".a"), std::string("a-")})
    EXPECT_EQ(refusal("/configs/create", spec(name), 400), bad_name);
  create("config", spec(std::string(64, 'a')));
  const std::string of_secret = prefix + "secret data must be larger than 0 and less than 512000 bytes";
  const std::string of_config = prefix + "config data must be larger than 0 and less than 1024000 bytes";
  EXPECT_EQ(refusal("/secrets/create", spec("s", ""), 400), of_secret);
  EXPECT_EQ(refusal("/secrets/create", spec("s", std::string(512'000, 'x')), 400), of_secret);
  EXPECT_EQ(refusal("/configs/create", spec("c", std::string(1'024'000, 'x')), 400), of_config);
  create("secret", spec("s", std::string(511'999, 'x')));
  json labelled = spec("c", std::string(1'023'999, 'x'));
  labelled["Labels"] = {{"l", std::string(16'000, 'x')}};
  create("config", labelled);
  labelled["Labels"]["m"] = std::string(1'000, 'x');
  EXPECT_EQ(refusal("/configs/create", labelled, 400), prefix + "the labels of a config have at most 16384 bytes");
  json driven = spec("d");
  driven["Driver"] = {{"Name", "vault"}};
  EXPECT_EQ(refusal("/secrets/create", driven, 501),
            "rpc error: code = Unimplemented desc = secret drivers are not supported by this version");
  json encoded = spec("e");
  for (const auto& [data, place] :
       {std::pair("@@", "0"), std::pair("Pz8-", "3"), std::pair("Pz8=Pz8=", "4"), std::pair("YWJjZA", "4")}) {
    encoded["Data"] = data;
    EXPECT_EQ(refusal("/secrets/create", encoded, 400),
              std::string("invalid JSON: illegal base64 data at input byte ") + place);
  }
}

TEST_F(SecretRoutes, only_labels_can_be_updated) {
  create("secret", spec("s1", "one"));
  auto target = [&] { return "/secrets/s1/update?version=" + version("/secrets/s1"); };
  const std::string only_labels = "rpc error: code = InvalidArgument desc = only updates to Labels are allowed";
  EXPECT_EQ(refusal(target(), spec("s1", "two"), 400), only_labels);
  EXPECT_EQ(refusal(target(), spec("s2", "one"), 400), only_labels);
  const std::string old = target();
  EXPECT_EQ(ask("POST", target(), {{"Name", "s1"}, {"Labels", {{"a", "b"}}}}).status, 200);
  EXPECT_EQ(refusal(old, spec("s1", "one"), 500), "rpc error: code = Unknown desc = update out of sequence");
  EXPECT_EQ(ask("GET", "/secrets/s1").body["Spec"]["Labels"], (json{{"a", "b"}}));
  EXPECT_EQ(ask("POST", target(), spec("s1", "one")).status, 200);
  EXPECT_EQ(ask("GET", "/secrets/s1").body["Spec"]["Labels"], json::object());
}

TEST_F(SecretRoutes, what_a_service_uses_stays) {
  const std::string id = create("secret", spec("s1"));
  auto service = [&](const std::string& name) {
    json reference{{"SecretID", id}, {"SecretName", "s1"}, {"File", {{"Name", "s1"}, {"UID", "0"}, {"GID", "0"}}}};
    json body{{"Name", name}, {"Mode", {{"Replicated", {{"Replicas", 0}}}}}};
    body["TaskTemplate"]["ContainerSpec"] = {{"Image", "nginx"}, {"Secrets", json::array({reference})}};
    EXPECT_EQ(ask("POST", "/services/create", body).status, 201);
  };
  service("web");
  const std::string in_use = "rpc error: code = InvalidArgument desc = secret 's1' is in use by the following service";
  EXPECT_EQ(message(ask("DELETE", "/secrets/s1")), in_use + ": web");
  service("api");
  Answer answer = ask("DELETE", "/secrets/s1");
  EXPECT_EQ(answer.status, 400);
  EXPECT_TRUE(message(answer) == in_use + "s: web, api" || message(answer) == in_use + "s: api, web");
  EXPECT_EQ(ask("DELETE", "/services/web").status, 200);
  EXPECT_EQ(ask("DELETE", "/services/api").status, 200);
  EXPECT_EQ(ask("DELETE", "/secrets/s1").status, 204);
  EXPECT_EQ(ask("GET", "/secrets").body, json::array());
}

TEST_F(SecretRoutes, lists_are_filtered_as_by_docker) {
  json labelled = spec("abc");
  labelled["Labels"] = {{"k", "v"}};
  const std::string id = create("secret", labelled);
  create("secret", spec("abd"));
  create("secret", spec("xyz"));
  using Names = std::set<std::string>;
  EXPECT_EQ(names(R"({"name":["AB"]})"), (Names{"abc", "abd"}));
  EXPECT_EQ(names(R"({"names":["ab"]})"), Names{});
  EXPECT_EQ(names(R"({"names":["abd"],"id":[")" + id.substr(0, 6) + R"("]})"), (Names{"abc", "abd"}));
  EXPECT_EQ(names(R"({"name":["ab"],"label":["k=v"]})"), Names{"abc"});
  EXPECT_EQ(names(R"({"label":["k=w"]})"), Names{});
  EXPECT_EQ(message(ask("GET", "/secrets?filters=" + io::http::percent_encode(R"({"x":["y"]})"))),
            "invalid filter 'x'");
}

TEST_F(SecretRoutes, a_worker_says_where_to_ask) {
  stop_manager();
  EXPECT_EQ(ask("GET", "/secrets").status, 503);
  EXPECT_EQ(ask("POST", "/configs/create", spec("c")).status, 503);
}

}  // namespace
}  // namespace skein::api
