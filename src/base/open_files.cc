#include "base/open_files.h"

#include <sys/resource.h>

#include <cerrno>
#include <cstring>

namespace skein {
namespace {

// Written by the first raise; before that there is nothing to restore.
rlimit g_original{};
bool g_is_raised = false;

}  // namespace

Result<void> raise_open_files_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    if (!g_is_raised) g_original = limit;
    g_is_raised = true;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  }
  return make_error(Code::kInternal, "raise the limit of open files", std::strerror(errno));
}

void restore_open_files_limit() {
  if (g_is_raised) ::setrlimit(RLIMIT_NOFILE, &g_original);
}

}  // namespace skein
