// Credentials are found where Docker's client has put them, and it finds ours.
#include "cmd/cli/image/registry_logins.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/bytes.h"
#include "io/file/file.h"

namespace skein::cli {
namespace {

struct RegistryLoginsTest : testing::Test {
  const std::string folder = testing::TempDir() + "skein-logins-" + std::to_string(getpid());
  const std::string server = "registry.example:5000";
  RegistryLogins logins{folder + "/new"};
  const std::string path_before = std::getenv("PATH");

  void SetUp() override { std::filesystem::create_directories(folder + "/new"); }
  void TearDown() override {
    ::setenv("PATH", path_before.c_str(), 1);
    std::filesystem::remove_all(folder);
  }
  void write(const std::string& text) { std::ofstream(logins.path()) << text; }
  Json config() { return Json::parse(*io::read_file(logins.path())); }
  // A helper "test" that notes what it was asked, and answers with `script`.
  void add_helper(const std::string& script) {
    const std::string program = folder + "/docker-credential-test";
    std::ofstream(program) << "#!/bin/sh\n{ echo \"$1\"; cat; echo; } >>" << folder << "/asked\n" << script << "\n";
    ::chmod(program.c_str(), 0755);
    ::setenv("PATH", (folder + ":" + path_before).c_str(), 1);
  }
};

TEST_F(RegistryLoginsTest, what_is_kept_is_found_and_the_rest_of_the_file_stays) {
  write(R"({"HttpHeaders":{"A":"b"},"auths":{"other.example":{"auth":"dTpw"}}})");
  EXPECT_TRUE(*logins.keep({server, "user", "pass:word", ""}));
  auto found = logins.find(server);
  ASSERT_TRUE(found.ok()) << found.error().text();
  EXPECT_EQ(found->username, "user");
  EXPECT_EQ(found->password, "pass:word");
  EXPECT_EQ(config()["auths"][server], (Json{{"auth", to_base64("user:pass:word")}}));
  EXPECT_EQ(config()["HttpHeaders"]["A"], "b");
  EXPECT_EQ(logins.find("other.example")->username, "u");
  struct stat status {};
  ASSERT_EQ(::stat(logins.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_TRUE(logins.forget(server).ok());
  EXPECT_TRUE(logins.find(server)->is_empty());
  EXPECT_EQ(logins.find("other.example")->username, "u");
}

TEST_F(RegistryLoginsTest, without_a_file_there_are_none) {
  EXPECT_TRUE(logins.find(server)->is_empty());
  EXPECT_TRUE(logins.forget(server).ok());
  write("[");
  EXPECT_FALSE(logins.find(server).ok());
}

TEST_F(RegistryLoginsTest, names_of_older_clients_are_understood) {
  write(R"({"auths":{"https://registry.example:5000/v1/":{"auth":"dTpw","identitytoken":"t"}}})");
  EXPECT_EQ(logins.find(server)->password, "p");
  EXPECT_EQ(logins.find(server)->identity_token, "t");
  write(R"({"auths":{"registry.example:5000":{"auth":"bm9jb2xvbg=="}}})");
  EXPECT_EQ(logins.find(server).error().what, "invalid auth configuration file");
}

TEST_F(RegistryLoginsTest, a_helper_keeps_them_instead) {
  write(R"({"credsStore":"none","credHelpers":{"registry.example:5000":"test"}})");
  add_helper(R"([ "$1" != get ] || echo '{"ServerURL":"s","Username":"u","Secret":"p"}')");
  EXPECT_EQ(logins.find(server)->password, "p");
  EXPECT_FALSE(*logins.keep({server, "user", "secret word", ""}));
  EXPECT_EQ(io::read_file(logins.path())->find("secret word"), std::string::npos);
  EXPECT_EQ(config()["auths"][server], Json::object());
  ASSERT_TRUE(logins.forget(server).ok());
  EXPECT_EQ(*io::read_file(folder + "/asked"),
            "get\nregistry.example:5000\nstore\n{\"ServerURL\":\"registry.example:5000\",\"Username\":\"user\","
            "\"Secret\":\"secret word\"}\nerase\nregistry.example:5000\n");
  add_helper(R"(echo '{"Username":"<token>","Secret":"t"}')");
  EXPECT_EQ(logins.find(server)->identity_token, "t");
  EXPECT_EQ(logins.find(server)->username, "");
}

TEST_F(RegistryLoginsTest, a_helper_may_have_none_or_fail) {
  write(R"({"credsStore":"test"})");
  add_helper("echo 'credentials not found in native keychain'; exit 1");
  EXPECT_TRUE(logins.find(server)->is_empty());
  add_helper("echo 'locked'; exit 3");
  EXPECT_EQ(logins.find(server).error().what, "error getting credentials - err: exit status 3, out: `locked`");
  write(R"({"credsStore":"nosuch"})");
  EXPECT_TRUE(logins.find(server).error().what.starts_with("error getting credentials - err: exec: "));
  write(R"({"credsStore":"../test"})");
  EXPECT_FALSE(logins.find(server).ok());
}

TEST(RegistryOfImage, is_the_part_that_looks_like_a_host) {
  EXPECT_EQ(registry_of_image("registry.example:5000/team/app:1"), "registry.example:5000");
  EXPECT_EQ(registry_of_image("localhost/app"), "localhost");
  EXPECT_EQ(registry_of_image("team/app"), registry_of_image("app"));
  EXPECT_EQ(registry_server("https://registry.example/v1/"), "registry.example");
  EXPECT_EQ(registry_server(""), registry_of_image("app"));
}

// As recorded of Docker's client.
TEST(RegistryLogin, its_header_is_dockers) {
  EXPECT_EQ((RegistryLogin{"s", "", "", ""}.header()), "e30=");
  const std::string header = RegistryLogin{"s", "user",
                                           "p?"
                                           "?>",
                                           ""}
                                 .header();
  EXPECT_EQ(*from_base64(header), R"({"username":"user","password":"p??>","serveraddress":"s"})");
  EXPECT_EQ(header.find_first_of("+/"), std::string::npos);
}

}  // namespace
}  // namespace skein::cli
