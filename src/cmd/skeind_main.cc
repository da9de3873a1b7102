// skeind: the daemon, one per host.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/log.h"
#include "base/open_files.h"
#include "base/time/duration.h"
#include "node/options/daemon_options.h"
#include "node/version.h"
#include "node/wiring.h"

namespace {

skein::Duration key_rotation_period(const std::string& text) {
  auto period = skein::node::parse_key_rotation(text);
  if (!period.ok()) throw CLI::ValidationError("--key-rotation", period.error().text());
  return *period;
}

// What is wrong is told before anything starts.
template <class Parsed>
std::string complaint_of(const Parsed& parsed) {
  return parsed.ok() ? "" : parsed.error().text();
}

// The options by which the configuration file may set the same.
constexpr std::pair<const char*, const char*> kMembers[] = {{"--root", "data-root"},
                                                            {"--run", "exec-root"},
                                                            {"--socket", "hosts"},
                                                            {"--cgroup-parent", "cgroup-parent"},
                                                            {"--group", "group"},
                                                            {"--engine", "engine"},
                                                            {"--encryption", "encryption"},
                                                            {"--key-rotation", "key-rotation"},
                                                            {"--label", "labels"},
                                                            {"--node-generic-resource", "node-generic-resources"},
                                                            {"--metrics-addr", "metrics-addr"},
                                                            {"--debug", "debug"}};

}  // namespace

int main(int argc, char** argv) {
  skein::node::NodeOptions options;
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
  app.add_option("--label", options.labels, "Label of the engine, such as zone=north, for constraints (repeat it)")
      ->check([](const std::string& text) { return complaint_of(skein::model::parse_engine_labels({text})); })
      ->allow_extra_args(false);
  app.add_option("--node-generic-resource", options.generic_resources,
                 "Thing that tasks may reserve, such as gpu=UUID1 or licence=3 (repeat it)")
      ->check([](const std::string& text) { return complaint_of(skein::model::parse_generic_resources({text})); })
      ->allow_extra_args(false);
  app.add_option("--metrics-addr", options.metrics_address,
                 "Address and port that tell Prometheus at /metrics, e.g. 127.0.0.1:9323")
      ->check([](const std::string& text) { return complaint_of(skein::node::parse_metrics_address(text)); });
  app.add_option("--config-file", options.config_path, "File with more options, in JSON; read anew at SIGHUP")
      ->capture_default_str();
  app.add_flag("--debug", options.is_verbose, "Log more");
  CLI11_PARSE(app, argc, argv);
  for (const auto& [flag, member] : kMembers)
    if (app.count(flag) > 0) options.flags.insert(member);

  signal(SIGPIPE, SIG_IGN);
  if (options.is_verbose) skein::set_log_level(skein::LogLevel::kDebug);
  if (auto raised = skein::raise_open_files_limit(); !raised.ok())
    skein::log_warning("open-files-limited", {{"why", raised.error().text()}});
  auto ended = skein::node::run_node(options);
  if (ended.ok()) return 0;
  skein::log_error("failed", {{"why", ended.error().text()}});
  return 1;
}
