#include "cmd/lab/host/programs.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "cmd/lab/files/files.h"

namespace skein::lab {

std::string own_program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

std::string daemon_program() {
  if (const char* program = std::getenv("SKEIN_LAB_DAEMON"); program != nullptr && *program != '\0') return program;
  return std::filesystem::path(own_program()).parent_path() / "skeind";
}

void set_host_environment() {
  const char* path = std::getenv("PATH");
  const std::string rest = path != nullptr ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  setenv("PATH", (std::string(kBinFolder) + ":" + rest).c_str(), 1);
  setenv("DOCKER_HOST", (std::string("unix://") + kDaemonSocket).c_str(), 1);
  unsetenv("TMPDIR");  // each host has its own /var/tmp; the caller's folder may not exist there
}

std::vector<std::string> own_environment() {
  std::vector<std::string> words;
  for (char** word = environ; *word != nullptr; ++word) words.emplace_back(*word);
  return words;
}

std::vector<char*> exec_arguments(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  return arguments;
}

Result<void> run_tool(const std::vector<std::string>& command, const std::string& input,
                      const std::function<Result<void>()>& prepare) {
  int in[2], out[2];
  SKEIN_ASSERT(input.size() <= 65536);  // what a pipe holds, so that writing it all at once cannot block
  if (pipe2(in, O_CLOEXEC) != 0) return errno_error("run " + command[0]);
  const Descriptor in_read(in[0]);
  Descriptor in_write(in[1]);
  if (pipe2(out, O_CLOEXEC) != 0) return errno_error("run " + command[0]);
  const Descriptor out_read(out[0]);
  Descriptor out_write(out[1]);

  const pid_t child = fork();
  if (child < 0) return errno_error("run " + command[0]);
  if (child == 0) {
    dup2(in_read.get(), 0);
    dup2(out_write.get(), 1);
    dup2(out_write.get(), 2);
    if (const auto prepared = prepare(); prepared.ok()) {
      execvp(command[0].c_str(), exec_arguments(command).data());
      dprintf(2, "%s", errno_error("start " + command[0]).text().c_str());
    } else {
      dprintf(2, "%s", prepared.error().text().c_str());
    }
    _exit(127);
  }
  (void)!write(in_write.get(), input.data(), input.size());
  in_write = Descriptor();
  out_write = Descriptor();
  std::string words;
  std::array<char, 4096> part;
  for (ssize_t length; (length = read(out_read.get(), part.data(), part.size())) > 0;)
    words.append(part.data(), static_cast<size_t>(length));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  while (words.ends_with('\n')) words.pop_back();
  return make_error(Code::kInternal, "run " + command[0], words.empty() ? "it failed" : words);
}

}  // namespace skein::lab
