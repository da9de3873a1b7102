#include "cmd/cli/show/secret_input.h"

#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <optional>

#include "cmd/cli/show/printing.h"
#include "cmd/cli/terminal/terminal.h"

namespace skein::cli {

namespace {

// What is typed is not shown while this lives.
class HiddenInput {
 public:
  HiddenInput() {
    termios now;
    if (tcgetattr(STDIN_FILENO, &now) != 0) return;
    before_ = now;
    now.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
  }
  ~HiddenInput() {
    if (before_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &*before_);
  }
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

 private:
  std::optional<termios> before_;
};

}  // namespace

Result<std::string> read_secret_line(const std::string& prompt) {
  std::string line;
  if (is_terminal(STDIN_FILENO)) {
    print(prompt);
    const HiddenInput hidden;
    std::getline(std::cin, line);
    print("\n");
  } else {
    std::getline(std::cin, line);
  }
  constexpr const char* kSpace = " \t\r\n\v\f";
  const size_t begin = line.find_first_not_of(kSpace);
  if (begin == std::string::npos) return std::string();
  return line.substr(begin, line.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace skein::cli
