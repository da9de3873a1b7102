// `swarm ca --rotate` shows what Docker's shows, and returns when the last node has taken over the new root.
#include "cmd/cli/swarm/root_rotation.h"

#include "cmd/cli/daemon/fake_daemon.h"

namespace skein::cli {
namespace {

Json swarm_of(const std::string& root, const std::string& issuer, bool is_rotating) {
  return {{"Version", {{"Index", 7}}},
          {"Spec", {{"CAConfig", {{"NodeCertExpiry", 5}, {"ForceRotate", 2}}}}},
          {"RootRotationInProgress", is_rotating},
          {"TLSInfo", {{"TrustRoot", root}, {"CertIssuerSubject", "s"}, {"CertIssuerPublicKey", issuer}}}};
}

Json nodes_of(const std::vector<std::pair<std::string, std::string>>& roots_and_issuers) {
  Json out = Json::array();
  for (const auto& [root, issuer] : roots_and_issuers)
    out.push_back(
        {{"Description",
          {{"TLSInfo", {{"TrustRoot", root}, {"CertIssuerSubject", "s"}, {"CertIssuerPublicKey", issuer}}}}}});
  return out;
}

std::string shown(int columns, const RotationProgress& progress) {
  std::FILE* file = std::tmpfile();
  RotationDisplay display(file, columns);
  std::rewind(file);
  EXPECT_EQ(ftruncate(fileno(file), 0), 0);
  display.show(progress);
  std::string out(4096, '\0');
  std::rewind(file);
  out.resize(std::fread(out.data(), 1, out.size(), file));
  std::fclose(file);
  return out;
}

// Roots are counted only when all certificates are there, since until then no node can know the new one.
TEST(RootRotationProgress, counts_certificates_first_and_roots_at_the_end) {
  auto half = rotation_progress(swarm_of("old", "k2", true), nodes_of({{"old", "k1"}, {"old", "k2"}}));
  EXPECT_EQ(half.nodes, 2);
  EXPECT_EQ(half.certificates, 1);
  EXPECT_EQ(half.roots, 0);
  EXPECT_FALSE(half.is_done);
  auto open = rotation_progress(swarm_of("old", "k2", true), nodes_of({{"old", "k2"}}));
  EXPECT_EQ(open.roots, 0);
  EXPECT_FALSE(open.is_done);
  auto spreading = rotation_progress(swarm_of("new", "k2", false), nodes_of({{"new", "k2"}, {"old", "k2"}}));
  EXPECT_EQ(spreading.certificates, 2);
  EXPECT_EQ(spreading.roots, 1);
  EXPECT_FALSE(spreading.is_done);
  EXPECT_TRUE(rotation_progress(swarm_of("new", "k2", false), nodes_of({{"new", "k2"}})).is_done);
}

TEST(RootRotationProgress, a_terminal_shows_bars_and_a_narrow_one_numbers) {
  const RotationProgress progress{"sha256:ab", 2, 1, 0, false};
  const std::string half = std::string(25, '=') + ">" + std::string(25, ' ');
  EXPECT_EQ(shown(120, progress),
            "\x1b[3A\x1b[2K\rdesired root digest: sha256:ab\r\x1b[3B"
            "\x1b[2A\x1b[2K\r  rotated TLS certificates:  [" +
                half + "] 1/2 nodes\r\x1b[2B" + "\x1b[1A\x1b[2K\r  rotated CA certificates:   [>" +
                std::string(50, ' ') + "] 0/2 nodes\r\x1b[1B");
  EXPECT_NE(shown(80, progress).find("rotated TLS certificates:  1/2 nodes\r"), std::string::npos);
  EXPECT_EQ(shown(0, progress), "desired root digest: sha256:ab\n");
}

struct SwarmCa : testing::Test {
  FakeDaemon daemon;
  const std::string update =
      "POST /swarm/update?version=7&rotateWorkerToken=false&rotateManagerToken=false&rotateManagerUnlockKey=false";
  const std::string path = testing::TempDir() + "skein-root-" + std::to_string(getpid()) + ".pem";
  const std::string pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
  SwarmCa() {
    std::FILE* file = std::fopen(path.c_str(), "w");
    std::fputs(pem.c_str(), file);
    std::fclose(file);
    daemon.on("GET /swarm", {200, swarm_of("old\n", "k1", false).dump()});
    daemon.on("GET /swarm", {200, swarm_of("old\n", "k2", true).dump()});
    daemon.on("GET /swarm", {200, swarm_of("new\n", "k2", false).dump()});
    daemon.on(update, {200, ""});
    daemon.on("GET /nodes", {200, nodes_of({{"old\n", "k1"}}).dump()});
    daemon.on("GET /nodes", {200, nodes_of({{"new\n", "k2"}}).dump()});
  }
  ~SwarmCa() override { std::filesystem::remove(path); }
};

TEST_F(SwarmCa, rotate_asks_for_a_new_root_waits_and_shows_it) {
  auto outcome = daemon.run({"swarm", "ca", "--rotate", "--cert-expiry", "2h"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(daemon.calls[1].substr(0, 18), "POST /swarm/update");
  EXPECT_EQ(daemon.bodies[1]["CAConfig"].dump(), R"({"NodeCertExpiry":7200000000000,"ForceRotate":3})");
  EXPECT_TRUE(outcome.out.starts_with(
      "desired root digest: \n  rotated TLS certificates: \n  rotated CA certificates:  \ndesired root digest: "
      "sha256:01d09d19c2139a46aebfb577780d123d7396e97201bc7ead210a2ebff8239dee\n"))
      << outcome.out;
  EXPECT_TRUE(outcome.out.ends_with("\nnew\n")) << outcome.out;
}

TEST_F(SwarmCa, detached_and_quiet_say_nothing) {
  auto detached = daemon.run({"swarm", "ca", "--rotate", "-d"});
  EXPECT_EQ(detached.status, 0);
  EXPECT_EQ(detached.out, "");
  auto quiet = daemon.run({"swarm", "ca", "--rotate", "-q"});
  EXPECT_EQ(quiet.status, 0) << quiet.err;
  EXPECT_EQ(quiet.out, "");
}

TEST_F(SwarmCa, a_root_of_the_users_is_sent_with_its_key_and_asks_for_no_other) {
  auto outcome = daemon.run({"swarm", "ca", "--rotate", "-d", "--ca-cert", path, "--ca-key", path});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const Json& config = daemon.bodies[1]["CAConfig"];
  EXPECT_EQ(text_at(config, "SigningCACert"), pem);
  EXPECT_EQ(text_at(config, "SigningCAKey"), pem);
  EXPECT_EQ(number_at(config, "ForceRotate"), 2);
}

TEST_F(SwarmCa, flags_that_do_not_go_together_are_refused_before_anything_is_asked) {
  const auto refusal = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"swarm", "ca"});
    return daemon.run(std::move(flags)).err;
  };
  EXPECT_NE(refusal({"--ca-key", path}).find("`--ca-key` flag requires the `--rotate` flag"), std::string::npos);
  EXPECT_NE(refusal({"--rotate", "--ca-cert", path}).find("be provided as well"), std::string::npos);
  EXPECT_NE(refusal({"--rotate", "--external-ca", "x"}).find("not supported"), std::string::npos);
  EXPECT_NE(refusal({"--rotate", "--ca-cert", "/dev/null"}).find("file contents must be in PEM format"),
            std::string::npos);
  EXPECT_NE(refusal({"--rotate", "--ca-cert", "/nonexistent"}).find("open /nonexistent: no such file or directory"),
            std::string::npos);
  EXPECT_EQ(daemon.calls.size(), 0u);
}

}  // namespace
}  // namespace skein::cli
