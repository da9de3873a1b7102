// skeind: the daemon, one per host.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/log.h"
#include "base/open_files.h"
#include "base/time/duration.h"
#include "node/version.h"
#include "node/wiring.h"

namespace {

// Nodes hear of new keys by their sessions, so a rotation must not come before all have heard of the last one.
constexpr skein::Duration kKeyRotationPeriodMin = std::chrono::seconds(1);

skein::Duration key_rotation_period(const std::string& text) {
  auto period = skein::parse_duration(text);
  if (!period.ok()) throw CLI::ValidationError("--key-rotation", period.error().text());
  if (*period < kKeyRotationPeriodMin)
    throw CLI::ValidationError("--key-rotation", "must be at least " + skein::format_duration(kKeyRotationPeriodMin));
  return *period;
}

}  // namespace

int main(int argc, char** argv) {
  skein::node::NodeOptions options;
  bool is_verbose = false;
  CLI::App app("Skein daemon: containers on different hosts as if they were on one LAN", "skeind");
  app.set_version_flag("--version", std::string("skeind ") + skein::node::kVersion);
  app.add_option("--root", options.root_directory, "Directory of what survives a reboot")->capture_default_str();
  app.add_option("--run", options.run_directory, "Directory of what a reboot clears")->capture_default_str();
  app.add_option("--socket", options.socket_path, "Unix socket of the API")->capture_default_str();
  app.add_option("--cgroup-parent", options.cgroup_parent, "Parent cgroup of the containers");
  app.add_option("--group", options.group, "Group that may use the socket")->capture_default_str();
  app.add_option("--engine", options.engine, "What runs containers: podman, or process for commands of the host")
      ->check(CLI::IsMember({"podman", "process"}))
      ->capture_default_str();
  app.add_option("--encryption", options.encryption,
                 "Who encrypts for encrypted networks: the kernel, a process, or the kernel where it can (auto)")
      ->check(CLI::IsMember({"auto", "kernel", "process"}))
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--key-rotation", [&](const std::string& text) { options.key_rotation_period = key_rotation_period(text); },
         "How often a manager replaces the keys of gossip and encrypted networks, e.g. 12h")
      ->default_str(skein::format_duration(options.key_rotation_period));
  app.add_flag("--debug", is_verbose, "Log more");
  CLI11_PARSE(app, argc, argv);

  signal(SIGPIPE, SIG_IGN);
  if (is_verbose) skein::set_log_level(skein::LogLevel::kDebug);
  if (auto raised = skein::raise_open_files_limit(); !raised.ok())
    skein::log_warning("open-files-limited", {{"why", raised.error().text()}});
  auto ended = skein::node::run_node(options);
  if (ended.ok()) return 0;
  skein::log_error("failed", {{"why", ended.error().text()}});
  return 1;
}
