// skein-espd: the user-space ESP data plane, one per host. It goes on while the daemon is down (docs/design/esp.md).
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "base/random.h"
#include "esp/control_server.h"
#include "esp/path/state_file.h"
#include "esp/worker.h"

namespace {

struct Options {
  std::string socket_path = "/run/skein/esp.sock";
  std::string state_path = "/run/skein/esp.state";
  std::string crypto = "best";
  unsigned threads = skein::esp::default_threads();
};

skein::Result<void> serve(const Options& options) {
  SKEIN_TRY_ASSIGN(auto state, skein::esp::StateFile::open(options.state_path, skein::system_random()));
  auto aead = options.crypto == "openssl" ? skein::esp::make_openssl_aead() : skein::esp::make_best_aead();
  skein::log_info("start", {{"crypto", aead->name()}, {"threads", std::to_string(options.threads)}});
  skein::esp::Worker worker(std::move(aead), std::move(state), skein::system_random(), options.threads);
  SKEIN_TRY_ASSIGN(auto server, skein::esp::ControlServer::listen(options.socket_path, worker));
  skein::log_info("ready", {{"socket", options.socket_path}});
  return server.run();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Skein's ESP worker: carries encrypted networks between hosts", "skein-espd");
  app.add_option("--socket", options.socket_path, "Unix socket for the daemon")->capture_default_str();
  app.add_option("--state", options.state_path, "Sequence numbers and windows, on a tmpfs")->capture_default_str();
  app.add_option("--threads", options.threads, "Threads that move packets")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  app.add_option("--crypto", options.crypto, "best, or openssl")->check(CLI::IsMember({"best", "openssl"}));
  CLI11_PARSE(app, argc, argv);

  // Keys: no core dumps and no ptrace, and freed memory is overwritten (what parsing leaves behind).
  prctl(PR_SET_DUMPABLE, 0);
  mallopt(M_PERTURB, 0xa5);
  signal(SIGPIPE, SIG_IGN);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  auto ended = serve(options);
  if (ended.ok()) return 0;
  skein::log_error("failed", {{"why", ended.error().text()}});
  return 1;
}
