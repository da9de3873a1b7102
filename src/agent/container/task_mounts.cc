#include "agent/container/task_mounts.h"

namespace skein::agent {

namespace api = model::api;
using model::TemplateContext;
using nlohmann::json;

namespace {

constexpr uint32_t kModeBits = 0777;           // of Go's os.FileMode; the bits above are Go's own
constexpr uint32_t kTmpfsModeDefault = 01777;  // the engine takes 0 for a mode

Result<json> expand_all(const google::protobuf::Map<std::string, std::string>& texts, const TemplateContext& context) {
  json out = json::object();
  for (const auto& [key, text] : texts) {
    SKEIN_TRY_ASSIGN(out[key], expand_template(text, context));
  }
  return out;
}

const char* propagation(api::Mount::BindOptions::P value) {
  switch (value) {
    case api::Mount::BindOptions::PRIVATE: return "private";
    case api::Mount::BindOptions::RSHARED: return "rshared";
    case api::Mount::BindOptions::SHARED: return "shared";
    case api::Mount::BindOptions::RSLAVE: return "rslave";
    case api::Mount::BindOptions::SLAVE: return "slave";
    default: return "rprivate";
  }
}

json bind_options(const api::Mount::BindOptions& options) {
  json out{{"Propagation", propagation(options.propagation())}, {"NonRecursive", options.nonrecursive()}};
  if (options.createmountpoint()) out["CreateMountpoint"] = true;
  if (options.readonlynonrecursive()) out["ReadOnlyNonRecursive"] = true;
  if (options.readonlyforcerecursive()) out["ReadOnlyForceRecursive"] = true;
  return out;
}

json tmpfs_options(const api::Mount::TmpfsOptions& options) {
  uint32_t mode = options.mode() & kModeBits;
  json out{{"SizeBytes", options.size_bytes()}, {"Mode", mode ? mode : kTmpfsModeDefault}};
  json words = json::parse(options.options(), nullptr, false);  // the wire carries them as JSON
  if (words.is_array()) out["Options"] = std::move(words);
  return out;
}

Result<json> volume_options(const api::Mount::VolumeOptions& options, const TemplateContext& context) {
  json out = json::object();
  if (options.nocopy()) out["NoCopy"] = true;
  if (!options.subpath().empty()) out["Subpath"] = options.subpath();
  if (!options.labels().empty()) {
    SKEIN_TRY_ASSIGN(out["Labels"], expand_all(options.labels(), context));
  }
  if (!options.has_driver_config()) return out;
  out["DriverConfig"]["Name"] = options.driver_config().name();
  SKEIN_TRY_ASSIGN(out["DriverConfig"]["Options"], expand_all(options.driver_config().options(), context));
  return out;
}

}  // namespace

Result<json> task_mounts(const api::ContainerSpec& spec, const TemplateContext& context) {
  json out = json::array();
  for (const auto& mount : spec.mounts()) {
    SKEIN_TRY_ASSIGN(std::string source, expand_template(mount.source(), context));
    SKEIN_TRY_ASSIGN(std::string target, expand_template(mount.target(), context));
    json entry{{"Source", source}, {"Target", target}, {"ReadOnly", mount.readonly()}};
    switch (mount.type()) {
      case api::Mount::BIND:
        entry["Type"] = "bind";
        if (mount.has_bind_options()) entry["BindOptions"] = bind_options(mount.bind_options());
        break;
      case api::Mount::VOLUME: {
        entry["Type"] = "volume";
        if (mount.has_volume_options()) {
          SKEIN_TRY_ASSIGN(entry["VolumeOptions"], volume_options(mount.volume_options(), context));
        }
        break;
      }
      case api::Mount::TMPFS:
        entry["Type"] = "tmpfs";
        entry.erase("Source");
        if (mount.has_tmpfs_options()) entry["TmpfsOptions"] = tmpfs_options(mount.tmpfs_options());
        break;
      default: return make_error(Code::kInvalidArgument, "invalid mount type of " + target);
    }
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace skein::agent
