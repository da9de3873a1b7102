// Clients read back what they wrote, in Docker's form; what is misspelt is named rather than dropped.
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "api/replies/service_words.h"
#include "api/services/service_out.h"
#include "api/services/service_spec_in.h"
#include "api/swarm/times_for_test.h"

namespace skein::api {
namespace {

using google::protobuf::util::MessageDifferencer;
using nlohmann::json;
using testing::HasSubstr;

json recorded(const std::string& name) {
  std::ifstream file(SKEIN_TEST_DATA "/http/" + name);
  return json::parse(file);
}

swarm::ServiceSpec parse(const json& body) {
  auto spec = service_spec_from_json(body);
  EXPECT_TRUE(spec.ok()) << spec.error().text() << "\n" << body.dump();
  return spec.ok() ? *spec : swarm::ServiceSpec();
}

// The service that a manager of Docker's had when it showed it so.
swarm::Service service_of(const json& shown) {
  swarm::Service out;
  out.set_id(shown["ID"]);
  out.mutable_meta()->mutable_version()->set_index(shown["Version"]["Index"]);
  *out.mutable_meta()->mutable_created_at() = time_of(shown["CreatedAt"]);
  *out.mutable_meta()->mutable_updated_at() = time_of(shown["UpdatedAt"]);
  *out.mutable_spec() = parse(shown["Spec"]);
  if (shown.contains("PreviousSpec")) *out.mutable_previous_spec() = parse(shown["PreviousSpec"]);
  const json vips = shown["Endpoint"].value("VirtualIPs", json::array());
  for (const json& vip : vips) {
    out.mutable_endpoint()->add_virtual_ips()->set_network_id(vip["NetworkID"]);
    out.mutable_endpoint()->mutable_virtual_ips()->rbegin()->set_addr(vip["Addr"]);
  }
  *out.mutable_endpoint()->mutable_spec() = out.spec().endpoint();
  *out.mutable_endpoint()->mutable_ports() = out.spec().endpoint().ports();
  if (shown.contains("UpdateStatus")) {
    const json& status = shown["UpdateStatus"];
    out.mutable_update_status()->set_state(*kUpdateStates.value(status["State"].get<std::string>()));
    out.mutable_update_status()->set_message(status["Message"]);
    *out.mutable_update_status()->mutable_started_at() = time_of(status["StartedAt"]);
    if (status.contains("CompletedAt"))
      *out.mutable_update_status()->mutable_completed_at() = time_of(status["CompletedAt"]);
  }
  return out;
}

TEST(ServiceJson, services_look_as_docker_shows_them) {
  for (const json& record : recorded("services-shown.json")) {
    json shown = record["service"];
    shown.erase("ServiceStatus");
    EXPECT_EQ(service_to_json(service_of(shown)), shown);
  }
}

TEST(ServiceJson, defaults_are_those_of_docker) {
  json plain, full;
  for (const json& record : recorded("services-shown.json")) {
    const json& spec = record["service"]["Spec"];
    if (spec["Name"] != "api" || record["service"].contains("UpdateStatus")) continue;
    (record["has_defaults"] ? full : plain) = spec;
  }
  ASSERT_TRUE(plain.is_object() && full.is_object());
  EXPECT_EQ(service_spec_to_json(with_defaults(parse(plain))), full);
  // What was chosen is left alone.
  EXPECT_EQ(service_spec_to_json(with_defaults(parse(full))), full);
  json chosen = plain;
  chosen["UpdateConfig"] = {{"Parallelism", 0}, {"FailureAction", "rollback"}, {"MaxFailureRatio", 0.25}};
  json update = service_spec_to_json(with_defaults(parse(chosen)))["UpdateConfig"];
  EXPECT_EQ(update["Parallelism"], 0);
  EXPECT_EQ(update["Monitor"], 5'000'000'000);
  EXPECT_EQ(update["FailureAction"], "rollback");
}

TEST(ServiceJson, requests_of_the_docker_client_are_read_whole) {
  for (const json& body : recorded("service-requests.json")) {
    swarm::ServiceSpec spec = parse(body);
    json shown = service_spec_to_json(spec);
    EXPECT_TRUE(MessageDifferencer::Equals(parse(shown), spec)) << shown.dump();
    // What Docker's managers add.
    json expected = body;
    expected["TaskTemplate"]["ContainerSpec"]["Isolation"] = "default";
    expected["TaskTemplate"]["Runtime"] = "container";
    if (expected["Mode"].contains("Replicated") && !expected["Mode"]["Replicated"].contains("Replicas"))
      expected["Mode"]["Replicated"]["Replicas"] = 1;
    EXPECT_EQ(shown, expected);
  }
}

// Every member that a service can have.
json everything() {
  return json::parse(R"({
    "Name": "all", "Labels": {"a": "b"},
    "TaskTemplate": {
      "ContainerSpec": {
        "Image": "nginx:1", "Labels": {"c": "d"}, "Command": ["/bin/sh"], "Args": ["-c", ""], "Hostname": "{{.Node.ID}}",
        "Env": ["A=1"], "Dir": "/srv", "User": "1:2", "Groups": ["3"], "StopSignal": "SIGINT", "TTY": true,
        "Init": false, "OpenStdin": true, "ReadOnly": true, "StopGracePeriod": 0, "Hosts": ["10.0.0.1 a b"],
        "Privileges": {
          "CredentialSpec": {"Config": "", "File": "spec.json", "Registry": ""},
          "SELinuxContext": {"Disable": true, "User": "u", "Role": "r", "Type": "t", "Level": "l"},
          "Seccomp": {"Mode": "custom", "Profile": "e30="}, "AppArmor": {"Mode": "disabled"}, "NoNewPrivileges": true},
        "Mounts": [
          {"Type": "bind", "Source": "/a", "Target": "/b", "ReadOnly": true, "Consistency": "cached",
           "BindOptions": {"Propagation": "rslave", "NonRecursive": true, "CreateMountpoint": true,
                           "ReadOnlyNonRecursive": true, "ReadOnlyForceRecursive": true}},
          {"Type": "volume", "Source": "v", "Target": "/v",
           "VolumeOptions": {"NoCopy": true, "Labels": {"e": "f"}, "Subpath": "sub",
                             "DriverConfig": {"Name": "local", "Options": {"o": "p"}}}},
          {"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 1048576, "Mode": 448, "Options": [["exec"], ["uid", "1"]]}}],
        "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1000000, "Timeout": 2000000, "StartPeriod": 3000000,
                        "StartInterval": 4000000, "Retries": 5},
        "DNSConfig": {"Nameservers": ["10.0.0.2"], "Search": ["x"], "Options": ["ndots:1"]},
        "Secrets": [{"File": {"Name": "f", "UID": "1", "GID": "2", "Mode": 292}, "SecretID": "i", "SecretName": "n"}],
        "Configs": [{"File": {"Name": "g", "UID": "1", "GID": "2", "Mode": 292}, "ConfigID": "j", "ConfigName": "o"},
                    {"Runtime": {}, "ConfigID": "k", "ConfigName": "p"}],
        "Isolation": "process", "Sysctls": {"net.core.somaxconn": "1024"}, "CapabilityAdd": ["CAP_NET_RAW"],
        "CapabilityDrop": ["CAP_CHOWN"], "Ulimits": [{"Name": "nofile", "Hard": -1, "Soft": 1024}], "OomScoreAdj": -500},
      "Resources": {
        "Limits": {"NanoCPUs": 500000000, "MemoryBytes": 67108864, "Pids": 100},
        "Reservations": {"NanoCPUs": 1000000, "MemoryBytes": 4194304, "GenericResources": [
          {"NamedResourceSpec": {"Kind": "gpu", "Value": "uuid1"}}, {"DiscreteResourceSpec": {"Kind": "ssd", "Value": 3}}]},
        "SwapBytes": -1, "MemorySwappiness": 0},
      "RestartPolicy": {"Condition": "on-failure", "Delay": 0, "MaxAttempts": 3, "Window": 1},
      "Placement": {"Constraints": ["node.role==worker"], "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.dc"}}],
                    "MaxReplicas": 2, "Platforms": [{"Architecture": "amd64", "OS": "linux"}, {"OS": "linux"}]},
      "Networks": [{"Target": "blue", "Aliases": ["x"], "DriverOpts": {"g": "h"}}],
      "LogDriver": {"Name": "json-file", "Options": {"max-size": "1m"}},
      "ForceUpdate": 18446744073709551615, "Runtime": "container"},
    "Mode": {"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 7}},
    "UpdateConfig": {"Parallelism": 0, "Delay": 1, "FailureAction": "rollback", "Monitor": 2, "MaxFailureRatio": 0.1, "Order": "start-first"},
    "RollbackConfig": {"Parallelism": 9, "FailureAction": "continue", "MaxFailureRatio": 1, "Order": "stop-first"},
    "EndpointSpec": {"Mode": "dnsrr", "Ports": [
      {"Name": "web", "Protocol": "sctp", "TargetPort": 80, "PublishedPort": 8080, "PublishMode": "host"}]}
  })");
}

TEST(ServiceJson, every_member_survives_being_stored_and_shown) {
  swarm::ServiceSpec stored;
  ASSERT_TRUE(stored.ParseFromString(parse(everything()).SerializeAsString()));
  EXPECT_EQ(service_spec_to_json(stored), everything());
  for (const char* mode : {R"({"Global": {}})", R"({"GlobalJob": {}})", R"({"Replicated": {"Replicas": 0}})"}) {
    json body = everything();
    body["Mode"] = json::parse(mode);
    EXPECT_EQ(service_spec_to_json(parse(body))["Mode"], body["Mode"]);
  }
}

std::string complaint(const json& body) {
  auto spec = service_spec_from_json(body);
  if (spec.ok()) return "";
  EXPECT_EQ(spec.error().code, Code::kInvalidArgument);
  return spec.error().text();
}

json minimal() { return json::parse(R"({"Name": "web", "TaskTemplate": {"ContainerSpec": {"Image": "nginx"}}})"); }

TEST(ServiceJson, little_is_enough) {
  swarm::ServiceSpec spec = parse(minimal());
  EXPECT_EQ(spec.replicated().replicas(), 1u);
  EXPECT_FALSE(spec.has_update());
  EXPECT_FALSE(spec.has_endpoint());
  json nulls = minimal();
  for (const char* key : {"Labels", "Mode", "UpdateConfig", "Networks", "EndpointSpec"}) nulls[key] = nullptr;
  EXPECT_TRUE(MessageDifferencer::Equals(parse(nulls), spec));
  json job = minimal();
  job["Mode"]["ReplicatedJob"]["MaxConcurrent"] = 3;
  EXPECT_EQ(parse(job).replicated_job().total_completions(), 3u);
}

TEST(ServiceJson, what_has_another_type_is_named) {
  auto with = [](const char* pointer, json value) {
    json body = minimal();
    body[json::json_pointer(pointer)] = std::move(value);
    return complaint(body);
  };
  EXPECT_EQ(with("/Name", 1), "Name must be a string");
  EXPECT_EQ(with("/Labels", json{{"a", 1}}), "Labels.a must be a string");
  EXPECT_EQ(with("/TaskTemplate", 7), "TaskTemplate must be an object");
  EXPECT_EQ(with("/TaskTemplate/ContainerSpec/Args", json{"a", 1}),
            "TaskTemplate.ContainerSpec.Args must be a list of strings");
  EXPECT_EQ(with("/TaskTemplate/ContainerSpec/Mounts", json{json::object(), 3}),
            "TaskTemplate.ContainerSpec.Mounts[1] must be an object");
  EXPECT_EQ(with("/TaskTemplate/ContainerSpec/TTY", "yes"), "TaskTemplate.ContainerSpec.TTY must be true or false");
  EXPECT_THAT(with("/Mode/Replicated/Replicas", -1), HasSubstr("Mode.Replicated.Replicas must be a whole number"));
  EXPECT_THAT(with("/Mode/Replicated/Replicas", 1.5), HasSubstr("Mode.Replicated.Replicas must be a whole number"));
  EXPECT_THAT(with("/Mode/Replicated", json::parse(R"({"Replicas": 18446744073709551616})")),
              HasSubstr("Replicas must be a whole number"));
  EXPECT_THAT(with("/EndpointSpec/Ports", json{{{"TargetPort", 4294967296}}}), HasSubstr("Ports[0].TargetPort"));
  EXPECT_EQ(with("/TaskTemplate/ContainerSpec/Privileges/Seccomp/Profile", "?"),
            "TaskTemplate.ContainerSpec.Privileges.Seccomp.Profile must be base64");
}

TEST(ServiceJson, words_that_docker_does_not_know_are_refused_with_its_own) {
  auto with = [](const char* pointer, json value) {
    json body = minimal();
    body[json::json_pointer(pointer)] = std::move(value);
    return complaint(body);
  };
  EXPECT_EQ(with("/TaskTemplate/ContainerSpec/Mounts", json{{{"Type", "nfs"}}}), "invalid MountType: \"nfs\"");
  EXPECT_EQ(with("/TaskTemplate/RestartPolicy/Condition", "always"), "invalid RestartCondition: \"always\"");
  EXPECT_EQ(with("/UpdateConfig/FailureAction", "x"), "unrecognized update failure action x");
  EXPECT_EQ(with("/UpdateConfig/Order", "x"), "unrecognized update order x");
  EXPECT_EQ(with("/EndpointSpec/Mode", "x"), "invalid resolution mode: \"x\"");
  EXPECT_EQ(with("/Mode", json{{"Global", json::object()}, {"Replicated", json::object()}}),
            "must specify only one service mode");
  EXPECT_EQ(with("/TaskTemplate/Runtime", "plugin"), "unsupported runtime");
  EXPECT_EQ(with("/TaskTemplate/ContainerSpec", nullptr), "mismatched Runtime and *Spec fields");
}

TEST(ServiceJson, no_body_breaks_the_reader) {
  std::mt19937 random(11);
  const json values = json::parse(R"([null, true, -1, 1e300, "x", [], {}, [[]], [{}], {"a": null}])");
  std::vector<json::json_pointer> places;
  const json flat = everything().flatten();
  for (const auto& [pointer, value] : flat.items()) places.emplace_back(pointer);
  for (int i = 0; i < 1000; ++i) {
    json body = everything();
    for (unsigned n = random() % 3 + 1; n > 0; --n) {
      auto place = places[random() % places.size()];
      for (unsigned up = random() % 4; up > 0 && !place.parent_pointer().empty(); --up) place = place.parent_pointer();
      if (body.contains(place)) body[place] = values[random() % values.size()];
    }
    auto spec = service_spec_from_json(body);
    if (!spec.ok()) continue;
    EXPECT_TRUE(MessageDifferencer::Equals(parse(service_spec_to_json(*spec)), *spec)) << body.dump();
  }
}

}  // namespace
}  // namespace skein::api
