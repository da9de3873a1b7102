#include "agent/task_mounts.h"

namespace skein::agent {

namespace api = model::api;
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
  return {{"Propagation", propagation(options.propagation())}, {"NonRecursive", options.nonrecursive()}};
}

json tmpfs_options(const api::Mount::TmpfsOptions& options) {
  uint32_t mode = options.mode() & kModeBits;
  return {{"SizeBytes", options.size_bytes()}, {"Mode", mode ? mode : kTmpfsModeDefault}};
}

// The volume itself, if the engine must be told more of it than its name.
Result<json> volume_of(const api::Mount& mount, const std::string& source, const TemplateContext& context) {
  const auto& options = mount.volume_options();
  const auto& driver = options.driver_config();
  if (source.empty() || (driver.name().empty() && options.labels().empty())) return json();
  json out{{"Name", source}};
  if (!driver.name().empty()) out["Driver"] = driver.name();
  SKEIN_TRY_ASSIGN(out["DriverOpts"], expand_all(driver.options(), context));
  SKEIN_TRY_ASSIGN(out["Labels"], expand_all(options.labels(), context));
  return out;
}

}  // namespace

Result<TaskMounts> task_mounts(const api::ContainerSpec& spec, const TemplateContext& context) {
  TaskMounts out;
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
        if (mount.volume_options().nocopy()) entry["VolumeOptions"] = {{"NoCopy", true}};
        SKEIN_TRY_ASSIGN(json volume, volume_of(mount, source, context));
        if (!volume.is_null()) out.volumes.push_back(std::move(volume));
        break;
      }
      case api::Mount::TMPFS:
        entry["Type"] = "tmpfs";
        entry.erase("Source");
        if (mount.has_tmpfs_options()) entry["TmpfsOptions"] = tmpfs_options(mount.tmpfs_options());
        break;
      default: return make_error(Code::kInvalidArgument, "invalid mount type of " + target);
    }
    out.mounts.push_back(std::move(entry));
  }
  return out;
}

}  // namespace skein::agent
