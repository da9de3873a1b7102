// A deployment that cannot work says everything that is wrong with it, and changes nothing; so do small comforts of the
// stack's commands.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "cmd/cli/cli.h"
#include "cmd/cli/recording_daemon_for_test.h"

namespace skein::cli {
namespace {

class StackCompose : public testing::Test {
 protected:
  StackCompose() {
    std::string pattern = std::filesystem::temp_directory_path() / "skein-compose-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    daemon_.begin(Json::array(), false);
  }
  ~StackCompose() override { std::filesystem::remove_all(folder_); }

  void file(const std::string& text) { std::ofstream(folder_ + "/f.yml") << text; }
  // The daemon answers so: [{"m": method, "p": path, "status": …, "body": …}].
  void answers(const Json& overrides) { daemon_.begin(overrides, false); }

  int stack(std::vector<std::string> words) {
    words.insert(words.begin(), {"-H", daemon_.host(), "stack"});
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = run_words(words);
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    for (size_t at = 0; (at = err_.find(folder_, at)) != std::string::npos;) err_.replace(at, folder_.size(), "/w");
    return status;
  }
  int deploy(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"deploy", "-d", "--resolve-image", "never", "-c", folder_ + "/f.yml"};
    words.insert(words.end(), more.begin(), more.end());
    words.emplace_back("s");
    return stack(words);
  }
  std::vector<std::string> posts() {
    std::vector<std::string> paths;
    for (const Json& request : daemon_.requests())
      if (request[0] == "POST") paths.push_back(request[1]);
    return paths;
  }

  RecordingDaemon daemon_;
  std::string folder_;
  std::string out_;
  std::string err_;
};

constexpr const char* kWrong = R"(name: s
services:
  web:
    image: Web
    ports: ["8080:80", "9000:90"]
    deploy:
      placement:
        constraints: [node.role == manager, node.labels.zone == a]
  other:
    image: a
    ports: ["9000:1"]
    networks: [none]
  built: {build: .}
networks: {out: {external: true}}
secrets: {key: {external: true, name: the-key}}
)";

const Json kTaken = {
    {{"m", "GET"},
     {"p", "/services"},
     {"body",
      {{{"ID", "x"},
        {"Spec", {{"Name", "taker"}, {"Labels", Json::object()}}},
        {"Endpoint", {{"Ports", {{{"Protocol", "tcp"}, {"PublishedPort", 8080}, {"PublishMode", "ingress"}}}}}}}}}},
    {{"m", "GET"}, {"p", "/nodes"}, {"body", Json::array()}}};

TEST_F(StackCompose, all_problems_are_told_before_anything_is_made) {
  file(kWrong);
  answers(kTaken);
  EXPECT_EQ(deploy(), 1);
  for (const char* const problem : {
           "/w/f.yml:4: invalid image reference for service web: invalid reference format",
           "/w/f.yml:5: service web: port 8080/tcp is published by service taker",
           "/w/f.yml:8: service web: no node meets the constraint node.labels.zone == a",
           "/w/f.yml:12: service other: undefined network \"none\"",
           "/w/f.yml:13: service built has build and no image",
           "/w/f.yml:14: external network out does not exist",
           "/w/f.yml:15: external secret the-key does not exist",
       })
    EXPECT_NE(err_.find(problem), std::string::npos) << problem << "\nnot in: " << err_;
  EXPECT_EQ(posts(), std::vector<std::string>{});
}

TEST_F(StackCompose, a_port_that_two_services_want_is_told) {
  file("name: s\nservices:\n  a: {image: a, ports: ['80:80']}\n  b:\n    image: b\n    ports: ['80:80']\n");
  EXPECT_EQ(deploy(), 1);
  EXPECT_NE(err_.find("/w/f.yml:6: service b: port 80/tcp is published by service s_a"), std::string::npos) << err_;
}

TEST_F(StackCompose, with_force_it_is_tried) {
  file("name: s\nservices: {a: {image: a, ports: ['8080:80']}}");
  answers(kTaken);
  EXPECT_EQ(deploy(), 1);
  answers(kTaken);
  EXPECT_EQ(deploy({"--force"}), 0) << err_;
  EXPECT_EQ(posts(), (std::vector<std::string>{"/networks/create", "/services/create"}));
}

TEST_F(StackCompose, services_are_made_in_the_order_of_their_prerequisites) {
  file("name: other\nservices:\n  a: {image: a, depends_on: [c]}\n  b: {image: b}\n  c: {image: c}\n");
  EXPECT_EQ(deploy(), 0) << err_;
  EXPECT_EQ(out_, "Creating network s_default\nCreating service s_c\nCreating service s_a\nCreating service s_b\n");
  EXPECT_NE(err_.find("Ignoring name \"other\" of the file: the stack is \"s\""), std::string::npos) << err_;
  EXPECT_NE(err_.find("Reading the file by the Compose Specification, since Docker's schema refuses it: "),
            std::string::npos);
}

TEST_F(StackCompose, profiles_and_schemas_are_chosen_by_flags) {
  file("services: {a: {image: a}, b: {image: b, profiles: [x]}}");
  EXPECT_EQ(stack({"config", "-c", folder_ + "/f.yml", "--profile", "x"}), 0);
  EXPECT_NE(out_.find("image: b"), std::string::npos);
  EXPECT_EQ(stack({"config", "-c", folder_ + "/f.yml"}), 0);
  EXPECT_EQ(out_.find("image: b"), std::string::npos);
  EXPECT_EQ(stack({"config", "-c", folder_ + "/f.yml", "--schema", "docker"}), 1);
  EXPECT_EQ(err_, "services.b Additional property profiles is not allowed\n");
  EXPECT_EQ(stack({"config", "-c", folder_ + "/f.yml", "--schema", "x"}), 1);
  EXPECT_EQ(err_, "Invalid option x for flag --schema\n");
}

TEST_F(StackCompose, a_flag_of_former_days_is_ignored) {
  EXPECT_EQ(stack({"ls", "--orchestrator", "swarm"}), 0);
  EXPECT_EQ(err_, "Flag --orchestrator has been deprecated, option will be ignored\n");
}

TEST_F(StackCompose, what_somebody_else_has_removed_is_gone) {
  const Json services = {{{"ID", "x"}, {"Spec", {{"Name", "s_web"}}}}};
  const Json network = {{{"Id", "n"}, {"Name", "s_default"}}};
  answers({{{"m", "GET"}, {"p", "/services"}, {"body", services}},
           {{"m", "GET"}, {"p", "/networks"}, {"body", network}},
           {{"m", "DELETE"}, {"p", "/.*"}, {"status", 404}, {"body", {{"message", "not found"}}}}});
  EXPECT_EQ(stack({"rm", "s"}), 0);
  EXPECT_EQ(err_, "");
}

TEST_F(StackCompose, a_locked_manager_says_that_it_is_locked) {
  file("services: {web: {image: app}}\n");
  answers({{{"m", "GET"},
            {"p", "/info"},
            {"status", 200},
            {"body", {{"Swarm", {{"LocalNodeState", "locked"}, {"ControlAvailable", false}}}}}}});
  EXPECT_EQ(deploy(), 1);
  EXPECT_EQ(err_, "the swarm is locked. Use \"skein swarm unlock\" to unlock it and try again\n");
  EXPECT_TRUE(posts().empty());
}

}  // namespace
}  // namespace skein::cli
