// This process's terminal: raw mode and size.
#pragma once

#include <termios.h>

#include <optional>

namespace skein::cli {

bool is_terminal(int fd);

struct TerminalSize {
  int rows = 0;
  int columns = 0;
};
std::optional<TerminalSize> terminal_size();  // of stdout

// Keys go through unchanged while this lives; the earlier mode comes back afterwards. Does nothing without a terminal.
class RawMode {
 public:
  RawMode();
  ~RawMode();
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;

 private:
  std::optional<termios> before_;
};

// Writes all of it, waiting if it must; false when nobody reads any more.
bool write_all(int fd, const char* bytes, size_t count);

}  // namespace skein::cli
