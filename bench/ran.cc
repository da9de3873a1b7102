// ran COMMAND…: runs it with its output thrown away, and prints the milliseconds that passed, those of CPU, and the
// peak of its memory in MB. A process of its own, because the peak that wait4 tells is no less than that of the one
// that starts the command.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const auto begun = std::chrono::steady_clock::now();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  if (posix_spawnp(&child, argv[1], &actions, nullptr, argv + 1, environ) != 0) return 127;
  int status = 0;
  rusage used{};
  if (wait4(child, &status, 0, &used) != child || !WIFEXITED(status)) return 1;
  const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - begun;
  const auto ms = [](const timeval& time) { return static_cast<double>(time.tv_sec) * 1e3 + time.tv_usec / 1e3; };
  std::printf("%.1f %.1f %.1f\n", passed.count(), ms(used.ru_utime) + ms(used.ru_stime), used.ru_maxrss / 1024.0);
  return WEXITSTATUS(status);
}
