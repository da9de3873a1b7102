#include "cmd/cli/swarm/swarm_ca.h"

#include <unistd.h>

#include <fstream>
#include <optional>
#include <sstream>

#include "cmd/cli/show/printing.h"
#include "cmd/cli/swarm/root_rotation.h"
#include "cmd/cli/terminal/interrupts.h"
#include "cmd/cli/terminal/terminal.h"

namespace skein::cli {

namespace {

Result<std::string> pem_file(const Flags& flags, const std::string& name) {
  if (!flags.is_set(name)) return std::string();
  const std::string& path = flags.text(name);
  const auto refused = [&](const std::string& why) {
    return make_error(Code::kInvalidArgument, "invalid argument \"" + path + "\" for \"--" + name + "\" flag: " + why);
  };
  std::ifstream file(path, std::ios::binary);
  if (!file) return refused("open " + path + ": no such file or directory");
  std::stringstream content;
  content << file.rdbuf();
  std::string text = content.str();
  if (text.find("-----BEGIN ") == std::string::npos) return refused("file contents must be in PEM format");
  return text;
}

Result<int> print_root(const Json& swarm) {
  const std::string root = text_at(at(swarm, "TLSInfo"), "TrustRoot");
  if (root.empty()) return make_error(Code::kNotFound, "No CA information available");
  print_line(root.ends_with('\n') ? root.substr(0, root.size() - 1) : root);
  return 0;
}

// The files of --ca-cert and --ca-key; empty where none was given.
struct GivenRoot {
  std::string certificate, key;
};

Result<GivenRoot> given_root(const Flags& flags) {
  GivenRoot out;
  SKEIN_TRY_ASSIGN(out.certificate, pem_file(flags, "ca-cert"));
  SKEIN_TRY_ASSIGN(out.key, pem_file(flags, "ca-key"));
  return out;
}

Result<void> check_flags(const Flags& flags) {
  if (!flags.is_on("rotate"))
    for (const char* name : {"ca-cert", "ca-key", "cert-expiry", "external-ca"})
      if (flags.is_set(name))
        return make_error(Code::kInvalidArgument,
                          "`--" + std::string(name) + "` flag requires the `--rotate` flag to update the CA");
  if (flags.is_set("external-ca"))
    return make_error(Code::kUnimplemented, "external CAs are not supported", "",
                      "let the swarm sign, or give it --ca-cert with --ca-key");
  if (flags.is_set("ca-cert") && !flags.is_set("ca-key"))
    return make_error(Code::kInvalidArgument,
                      "the --ca-cert flag requires that a --ca-key flag and/or --external-ca flag be provided as well");
  return {};
}

Result<void> ask_for_rotation(Invocation& call, const Json& swarm, const GivenRoot& given) {
  Json spec = at(swarm, "Spec");
  Json& config = spec["CAConfig"];
  if (call.flags.is_set("cert-expiry")) {
    SKEIN_TRY_ASSIGN(const Duration life, parse_duration(call.flags.text("cert-expiry")));
    config["NodeCertExpiry"] = life.count();
  }
  if (!given.certificate.empty()) config["SigningCACert"] = given.certificate;
  if (!given.key.empty()) config["SigningCAKey"] = given.key;
  if (given.certificate.empty() && given.key.empty()) config["ForceRotate"] = number_at(config, "ForceRotate") + 1;
  SKEIN_TRY(call.daemon.post("/swarm/update",
                             {{"rotateManagerToken", "false"},
                              {"rotateManagerUnlockKey", "false"},
                              {"rotateWorkerToken", "false"},
                              {"version", text_at(at(swarm, "Version"), "Index")}},
                             spec));
  return {};
}

Result<void> wait_for_nodes(Daemon& daemon, bool is_quiet) {
  const InterruptWatch interrupts;
  const auto size = is_terminal(STDOUT_FILENO) ? terminal_size() : std::nullopt;
  std::optional<RotationDisplay> display;
  if (!is_quiet) display.emplace(stdout, size ? size->columns : 0);
  for (bool is_done = false; !is_done;) {
    const auto swarm = daemon.get("/swarm");
    const auto nodes = swarm.ok() ? daemon.get("/nodes") : swarm;
    if (interrupts.is_interrupted()) {
      print_line("Operation continuing in background.");
      print_line("Use `skein info` to check progress.");
      return {};
    }
    if (!nodes.ok()) return nodes.error();
    const RotationProgress progress = rotation_progress(*swarm, *nodes);
    if (display) display->show(progress);
    is_done = progress.is_done;
    if (!is_done) interrupts.wait(kPollMs);
  }
  return {};
}

Result<int> run_ca(Invocation& call) {
  SKEIN_TRY_ASSIGN(const GivenRoot given, given_root(call.flags));
  SKEIN_TRY(check_flags(call.flags));
  SKEIN_TRY_ASSIGN(Json swarm, call.daemon.get("/swarm"));
  if (!call.flags.is_on("rotate")) return print_root(swarm);
  SKEIN_TRY(ask_for_rotation(call, swarm, given));
  if (call.flags.is_on("detach")) return 0;
  const bool is_quiet = call.flags.is_on("quiet");
  SKEIN_TRY(wait_for_nodes(call.daemon, is_quiet));
  if (is_quiet) return 0;
  SKEIN_TRY_ASSIGN(swarm, call.daemon.get("/swarm"));
  return print_root(swarm);
}

}  // namespace

Command swarm_ca_command() {
  return {"ca",
          "[OPTIONS]",
          "Display and rotate the root CA",
          {0, 0},
          {{"ca-cert", 0, "pem-file", "File with the PEM certificate of the root to change to"},
           {"ca-key", 0, "pem-file", "File with its PEM key"},
           {"cert-expiry", 0, "duration", "Validity of node certificates (ns|us|ms|s|m|h)", "2160h0m0s"},
           {"detach", 'd', "", "Exit without waiting for every node to have a new certificate"},
           {"external-ca", 0, "external-ca", "Endpoints that sign certificates (not supported)"},
           {"quiet", 'q', "", "Suppress progress output"},
           {"rotate", 0, "", "Change to another root certificate; without --ca-cert, to a new one"}},
          run_ca};
}

}  // namespace skein::cli
