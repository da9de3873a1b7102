#include "kernel/net/links/namespace.h"

#include <sys/stat.h>

#include "kernel/net/test_host.h"

namespace skein::kernel::net {
namespace {

class Namespaces : public TestHost {};

ino_t own_namespace() {
  struct stat status {};
  stat("/proc/thread-self/ns/net", &status);
  return status.st_ino;
}

TEST_F(Namespaces, a_new_one_is_empty_but_for_a_working_loopback) {
  std::string path = make_ns("a1");
  EXPECT_EQ(path, namespaces_ + "/a1");
  EXPECT_NE(sh_in(path, "ip -br addr").find("127.0.0.1/8"), std::string::npos);
  EXPECT_EQ(sh_in(path, "ip -o link | wc -l"), "1\n");
}

// The thread does the host's work afterwards.
TEST_F(Namespaces, making_one_and_working_in_it_leaves_the_thread_where_it_was) {
  ino_t home = own_namespace();
  std::string path = make_ns("a1");
  EXPECT_EQ(own_namespace(), home);
  ino_t inside = home;
  auto worked = run_in_namespace(path, [&]() -> Result<void> {
    inside = own_namespace();
    return make_error(Code::kAborted, "work fails");
  });
  EXPECT_EQ(worked.error().code, Code::kAborted);
  EXPECT_NE(inside, home);
  EXPECT_EQ(own_namespace(), home);
}

TEST_F(Namespaces, making_it_again_finds_the_same) {
  struct stat first {
  }, second{};
  stat(make_ns("a1").c_str(), &first);
  stat(make_ns("a1").c_str(), &second);
  EXPECT_EQ(first.st_ino, second.st_ino);
}

TEST_F(Namespaces, a_deleted_one_is_gone_and_deleting_it_again_is_no_error) {
  std::string path = make_ns("a1");
  make_ns("b2");
  EXPECT_EQ(list_namespaces(namespaces_).value(), (std::vector<std::string>{"a1", "b2"}));
  ASSERT_TRUE(delete_namespace(namespaces_, "a1").ok());
  EXPECT_EQ(list_namespaces(namespaces_).value(), std::vector<std::string>{"b2"});
  EXPECT_NE(access(path.c_str(), F_OK), 0);
  EXPECT_TRUE(delete_namespace(namespaces_, "a1").ok());
  auto entered = run_in_namespace(path, []() -> Result<void> { return {}; });
  EXPECT_EQ(entered.error().code, Code::kNotFound);
}

// A reboot takes the directory, or leaves a plain file where the namespace was mounted.
TEST_F(Namespaces, one_is_missing_once_its_mount_is_gone) {
  std::string path = make_ns("a1");
  EXPECT_FALSE(is_namespace_missing(path));
  EXPECT_TRUE(is_namespace_missing(namespaces_ + "/never-made"));
  sh("umount " + path);
  EXPECT_TRUE(is_namespace_missing(path));
  EXPECT_TRUE(is_namespace_missing("/nowhere/at/all"));
}

// A crash between making the file and mounting on it.
TEST_F(Namespaces, a_plain_file_left_behind_is_no_namespace_and_does_not_keep_one_from_being_made) {
  sh("mkdir -p " + namespaces_ + " && touch " + namespaces_ + "/a1");
  EXPECT_TRUE(list_namespaces(namespaces_).value().empty());
  make_ns("a1");
  EXPECT_EQ(list_namespaces(namespaces_).value().size(), 1u);
}

// Otherwise any process with a copy of our mounts would keep containers' interfaces alive.
TEST_F(Namespaces, deleting_takes_effect_in_copies_of_the_mount_namespace) {
  make_ns("a1");
  std::string marker = directory_ + "/ready";
  FILE* copy = popen(("mkfifo " + marker + " && unshare -m --propagation unchanged sh -c 'echo > " + marker +
                      "; read go < " + marker + "; grep -c " + namespaces_ + "/a1 /proc/self/mountinfo'")
                         .c_str(),
                     "r");
  ASSERT_NE(copy, nullptr);
  while (access(marker.c_str(), F_OK) != 0) sched_yield();
  sh("read ready < " + marker);
  ASSERT_TRUE(delete_namespace(namespaces_, "a1").ok());
  sh("echo > " + marker);
  char count[16] = {};
  ASSERT_NE(fgets(count, sizeof count, copy), nullptr);
  pclose(copy);
  EXPECT_STREQ(count, "0\n");
}

TEST_F(Namespaces, a_key_that_is_no_file_name_is_refused) {
  for (const char* key : {"", ".", "..", "a/b", "../escape"})
    EXPECT_EQ(make_namespace(namespaces_, key).error().code, Code::kInvalidArgument) << key;
  EXPECT_EQ(make_namespace(namespaces_, std::string(256, 'a')).error().code, Code::kInvalidArgument);
}

TEST_F(Namespaces, a_directory_that_does_not_exist_has_none) {
  EXPECT_TRUE(list_namespaces(directory_ + "/nowhere").value().empty());
}

}  // namespace
}  // namespace skein::kernel::net
