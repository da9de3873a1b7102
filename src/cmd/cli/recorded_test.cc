// Scripts written for Docker work with Skein when the same words make the same calls and print the same lines.
#include <fstream>

#include "cmd/cli/daemon/fake_daemon.h"

namespace skein::cli {
namespace {

Json load(const std::string& name) {
  std::ifstream file(SKEIN_TEST_DATA "/cli/" + name + ".json");
  Json recorded = Json::parse(file, nullptr, false);
  EXPECT_TRUE(recorded.is_object()) << name;
  return recorded;
}

// Without members that say nothing: null, false, 0, "", [] and {}.
Json pruned(const Json& value) {
  if (!value.is_object()) return value;
  Json result = Json::object();
  for (const auto& [key, member] : value.items()) {
    const Json inner = pruned(member);
    const bool says_nothing = inner.is_null() || inner == false || inner == 0 || inner == "" ||
                              (inner.is_structured() && inner.empty()) || key == "ConsoleSize" ||
                              key == "MemorySwappiness";
    if (!says_nothing) result[key] = inner;
  }
  return Json(nlohmann::json(result));  // members by name
}

std::string as_skein(std::string text) {
  for (size_t i = 0; (i = text.find("docker ", i)) != std::string::npos;) text.replace(i, 6, "skein");
  for (size_t i = 0; (i = text.find("docker: ", i)) != std::string::npos;) text.replace(i, 6, "skein");
  return text;
}

class Recorded : public testing::TestWithParam<const char*> {};

TEST_P(Recorded, docker_command_makes_the_same_calls_and_prints_the_same) {
  const Json recorded = load(GetParam());
  FakeDaemon daemon;
  std::vector<std::string> calls;
  std::vector<Json> bodies;
  for (const Json& call : recorded["calls"]) {
    const std::string target = text_at(call, "path");
    FakeReply reply{static_cast<int>(number_at(call, "status")), "", "", false};
    if (!at(call, "response").is_null()) reply.body = at(call, "response").dump();
    calls.push_back(text_at(call, "method") + " " + target.substr(target.find('/', 1)));
    daemon.on(calls.back(), reply);
    if (!at(call, "request").is_null()) bodies.push_back(pruned(at(call, "request")));
  }
  std::istringstream words(text_at(recorded, "command"));
  std::vector<std::string> line{std::istream_iterator<std::string>(words), {}};
  line.erase(line.begin());

  const auto outcome = daemon.run(line);
  EXPECT_EQ(outcome.status, number_at(recorded, "exit_code"));
  std::string expected = as_skein(text_at(recorded, "stdout"));
  if (expected.ends_with("...")) {  // the record was cut
    expected.resize(expected.size() - 3);
    EXPECT_EQ(outcome.out.substr(0, expected.size()), expected);
  } else {
    EXPECT_EQ(outcome.out, expected);
  }
  // The daemon's own words (which may name docker's commands) come through unchanged.
  EXPECT_EQ(as_skein(outcome.err), as_skein(text_at(recorded, "stderr")));

  ASSERT_EQ(daemon.calls.size(), calls.size());
  for (size_t i = 0; i < calls.size(); ++i) {
    EXPECT_EQ(daemon.calls[i].substr(0, daemon.calls[i].find('?')), calls[i].substr(0, calls[i].find('?')));
  }
  std::vector<Json> sent;
  for (const Json& body : daemon.bodies) {
    if (!body.is_null()) sent.push_back(pruned(body));
  }
  EXPECT_EQ(Json(sent).dump(1), Json(bodies).dump(1));
}

INSTANTIATE_TEST_SUITE_P(
    Cli, Recorded,
    testing::Values("swarm-init", "swarm-join", "swarm-join-token-worker", "swarm-leave-worker", "swarm-leave-force",
                    "swarm-update", "node-ls-two-managers", "node-promote", "node-demote", "node-update-drain",
                    "node-update-label", "node-rm", "network-create-overlay", "network-create-subnet",
                    "network-create-encrypted-flags", "network-connect", "network-disconnect", "network-rm",
                    "network-prune", "rm", "err-init-twice", "err-join-bad-token", "err-leave-manager",
                    "err-network-rm-in-use", "err-network-rm-unknown", "err-node-ls-on-worker", "err-node-demote-last",
                    "err-node-update-unknown", "err-run-nonattachable", "docker-run-detached", "service-create-dnsrr",
                    "service-create-publish-host", "service-create-publish-ingress", "service-create-every-value",
                    "service-create-every-list", "service-create-job", "service-create-digest",
                    "service-create-no-registry", "service-update-force", "service-update-image",
                    "service-update-network-add", "service-update-lists", "service-update-values",
                    "service-update-scale", "service-scale-several", "service-rm", "service-inspect", "service-ls",
                    "service-ls-modes", "service-ls-quiet", "service-ps-history", "service-ps-no-trunc",
                    "service-ps-no-resolve", "service-ps-several", "err-dnsrr-publish-ingress", "err-publish-conflict",
                    "err-scale-bad", "err-scale-global", "err-scale-specifier", "err-scale-unknown",
                    "err-service-dup-name", "err-service-on-worker", "err-service-ps-unknown", "err-service-rm-unknown",
                    "err-service-rollback-none", "err-service-unknown-network", "err-service-update-rollback",
                    "err-update-unknown-image-flag"),
    [](const auto& info) {
      std::string name = info.param;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

}  // namespace
}  // namespace skein::cli
