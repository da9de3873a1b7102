#include "cmd/cli/terminal/interrupts.h"

#include <poll.h>

namespace skein::cli {

namespace {
volatile sig_atomic_t was_interrupted = 0;
}  // namespace

InterruptWatch::InterruptWatch() {
  was_interrupted = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { was_interrupted = 1; };
  sigaction(SIGINT, &action, &before_);
}

InterruptWatch::~InterruptWatch() { sigaction(SIGINT, &before_, nullptr); }

bool InterruptWatch::is_interrupted() const { return was_interrupted != 0; }

void InterruptWatch::wait(int timeout_ms) const {
  if (!is_interrupted()) poll(nullptr, 0, timeout_ms);
}

}  // namespace skein::cli
