#include "cmd/cli/image/credential_helper.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/descriptor.h"
#include "cmd/cli/terminal/terminal.h"

namespace skein::cli {

namespace {

struct Pipe {
  Descriptor read_end, write_end;
  Pipe() {
    int ends[2] = {-1, -1};
    SKEIN_ASSERT(::pipe2(ends, O_CLOEXEC) == 0);
    read_end = Descriptor(ends[0]);
    write_end = Descriptor(ends[1]);
  }
};

std::string read_to_end(int fd) {
  std::string out;
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return out;
    out.append(buffer, static_cast<size_t>(count));
  }
}

std::string without_space(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  return text;
}

}  // namespace

// What it is asked fits into a pipe.
Result<Json> ask_credential_helper(const std::string& name, const std::string& action, const std::string& question) {
  const std::string program = "docker-credential-" + name;
  const std::string what = "error getting credentials - err: ";
  if (name.find('/') != std::string::npos) return invalid_argument(what + "'" + name + "' is no helper's name");
  Pipe in, out;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read_end.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write_end.get(), STDOUT_FILENO);
  std::string arguments[] = {program, action};
  char* const argv[] = {arguments[0].data(), arguments[1].data(), nullptr};
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, program.c_str(), &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return make_error(Code::kNotFound, what + "exec: \"" + program + "\": " + std::strerror(failed));
  in.read_end = Descriptor();
  out.write_end = Descriptor();
  (void)write_all(in.write_end.get(), question.data(), question.size());
  in.write_end = Descriptor();
  const std::string answer = without_space(read_to_end(out.read_end.get()));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) {
    if (answer == "credentials not found in native keychain") return Json(nullptr);
    return make_error(Code::kUnknown,
                      what + "exit status " + std::to_string(WEXITSTATUS(status)) + ", out: `" + answer + "`");
  }
  Json value = Json::parse(answer, nullptr, false);
  return value.is_discarded() ? Json(nullptr) : value;
}

}  // namespace skein::cli
