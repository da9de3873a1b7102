// The test's own program as a child: "PROGRAM child-for-test MODE SOCKET" listens at the socket and writes a byte to
// who connects. Modes: polite; stubborn does not end at SIGTERM; silent closes connections without a byte; ending ends
// at once, with code 3. For tests only.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "io/file/file.h"

namespace skein::io {

inline Descriptor listen_for_test(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  Descriptor out(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(out.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(out.get(), 8) != 0)
    out.reset();
  return out;
}

[[noreturn]] inline void be_child_for_test(const std::string& mode, const std::string& path) {
  if (mode == "ending") ::_exit(3);
  if (mode == "stubborn") std::signal(SIGTERM, SIG_IGN);
  const Descriptor listener = listen_for_test(path);
  if (!listener) ::_exit(4);
  for (;;) {
    const Descriptor client(::accept(listener.get(), nullptr, nullptr));
    if (client && mode != "silent") (void)::send(client.get(), "y", 1, MSG_NOSIGNAL);
  }
}

// Before main, so that no test runs there.
inline const bool kIsNoChildForTest = [] {
  const auto command = read_file("/proc/self/cmdline");
  std::vector<std::string> words{""};
  for (const char c : command.ok() ? *command : "") c == '\0' ? words.emplace_back() : words.back() += c;
  if (words.size() == 5 && words[1] == "child-for-test") be_child_for_test(words[2], words[3]);
  return true;
}();

inline std::vector<std::string> child_command_for_test(const std::string& mode, const std::string& path) {
  return {std::filesystem::read_symlink("/proc/self/exe"), "child-for-test", mode, path};
}

}  // namespace skein::io
