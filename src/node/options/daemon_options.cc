#include "node/options/daemon_options.h"

#include <filesystem>

#include "base/time/duration.h"
#include "io/file/file.h"

namespace skein::node {

namespace {

constexpr Duration kKeyRotationPeriodMin = std::chrono::seconds(1);

template <class T>
void take(const std::optional<T>& from, T& into) {
  if (from) into = *from;
}

Error with_member(const Error& error, const char* member) {
  return make_error(error.code, std::string(member) + ": " + error.text());
}

}  // namespace

Result<Duration> parse_key_rotation(const std::string& text) {
  auto period = parse_duration(text);
  if (!period.ok()) return period;
  if (*period < kKeyRotationPeriodMin)
    return make_error(Code::kInvalidArgument, "must be at least " + format_duration(kKeyRotationPeriodMin));
  return period;
}

Result<MetricsAddress> parse_metrics_address(const std::string& text) {
  const auto parsed = HostPort::parse(text, 0);
  const auto address = parsed.ok() ? Ipv4::parse(parsed->host) : Result<Ipv4>(parsed.error());
  if (!address.ok() || parsed->port == 0)
    return make_error(Code::kInvalidArgument, "must be an IPv4 address and a port, such as 127.0.0.1:9323");
  return MetricsAddress{*address, parsed->port};
}

Result<void> merge_file(const DaemonFile& file, NodeOptions& options) {
  take(file.root_directory, options.root_directory);
  take(file.run_directory, options.run_directory);
  take(file.socket_path, options.socket_path);
  take(file.group, options.group);
  take(file.cgroup_parent, options.cgroup_parent);
  take(file.insecure_registries, options.insecure_registries);
  take(file.engine, options.engine);
  take(file.encryption, options.encryption);
  take(file.is_verbose, options.is_verbose);
  take(file.labels, options.labels);
  take(file.generic_resources, options.generic_resources);
  if (file.key_rotation) {
    auto period = parse_key_rotation(*file.key_rotation);
    if (!period.ok()) return with_member(period.error(), "key-rotation");
    options.key_rotation_period = *period;
  }
  take(file.metrics_address, options.metrics_address);
  if (!options.metrics_address.empty())
    if (auto address = parse_metrics_address(options.metrics_address); !address.ok())
      return with_member(address.error(), "metrics-addr");
  if (auto labels = model::parse_engine_labels(options.labels); !labels.ok())
    return with_member(labels.error(), "labels");
  if (auto generic = model::parse_generic_resources(options.generic_resources); !generic.ok())
    return with_member(generic.error(), "node-generic-resources");
  return {};
}

Result<DaemonFile> read_daemon_file(const NodeOptions& options) {
  const bool is_default = options.config_path == kDaemonFilePath;
  std::error_code failed;
  if (is_default && !std::filesystem::exists(options.config_path, failed) && !failed) return DaemonFile();
  auto text = io::read_file(options.config_path);
  if (!text.ok())
    return make_error(text.error().code,
                      "unable to configure the daemon with file " + options.config_path + ": " + text.error().text());
  return parse_daemon_file(*text, options.config_path, options.flags);
}

Result<NodeOptions> with_daemon_file(const NodeOptions& options) {
  SKEIN_TRY_ASSIGN(const DaemonFile file, read_daemon_file(options));
  NodeOptions out = options;
  if (auto merged = merge_file(file, out); !merged.ok())
    return make_error(merged.error().code,
                      "unable to configure the daemon with file " + options.config_path + ": " + merged.error().text());
  return out;
}

Result<model::EngineSettings> engine_settings_of(const NodeOptions& options) {
  model::EngineSettings out;
  SKEIN_TRY_ASSIGN(out.labels, model::parse_engine_labels(options.labels));
  SKEIN_TRY_ASSIGN(out.generic, model::parse_generic_resources(options.generic_resources));
  return out;
}

}  // namespace skein::node
