#include "base/open_files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace skein {
namespace {

rlimit limit_now() {
  rlimit limit{};
  EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  return limit;
}

// In a process of its own, since a limit is raised once. 0 if all is right, else the number of the check that failed.
int try_limits() {
  rlimit limit = limit_now();
  limit.rlim_cur = 64;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
  restore_open_files_limit();
  if (limit_now().rlim_cur != 64) return 2;
  if (!raise_open_files_limit().ok() || limit_now().rlim_cur != limit.rlim_max) return 3;
  {
    OriginalOpenFilesLimit in_children;
    if (limit_now().rlim_cur != 64 || limit_now().rlim_max != limit.rlim_max) return 4;
  }
  if (limit_now().rlim_cur != limit.rlim_max) return 5;
  restore_open_files_limit();
  return limit_now().rlim_cur == 64 ? 0 : 6;
}

TEST(OpenFiles, the_soft_limit_is_raised_for_us_and_as_it_was_for_children) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(try_limits());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0) << "the check that failed";
}

}  // namespace
}  // namespace skein
