// The daemon's options: those of the command line, with those of its configuration file.
#pragma once

#include <set>
#include <string>

#include "base/address.h"
#include "base/result.h"
#include "model/engine_settings.h"
#include "node/options/daemon_file.h"
#include "node/wiring.h"

namespace skein::node {

// "12h", at least a second: nodes hear of new keys by their sessions, so a rotation must not come before all have heard
// of the last one.
Result<Duration> parse_key_rotation(const std::string& text);

// "127.0.0.1:9323": an IPv4 address and a port.
struct MetricsAddress {
  Ipv4 address;
  uint16_t port = 0;
};
Result<MetricsAddress> parse_metrics_address(const std::string& text);

// Puts what the file says into the options; where it says nothing they stay. Errors name the member. Pure.
Result<void> merge_file(const DaemonFile& file, NodeOptions& options);

// The file at options.config_path, if it is there: it need not be at the default path. Errors name file and member.
Result<DaemonFile> read_daemon_file(const NodeOptions& options);

// The options of the command line as the file completes them. Errors name file and member.
Result<NodeOptions> with_daemon_file(const NodeOptions& options);

// What may change while the daemon runs: the labels and things of the engine.
Result<model::EngineSettings> engine_settings_of(const NodeOptions& options);

}  // namespace skein::node
