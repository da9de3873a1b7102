#include "engine/values/mount_check.h"

#include <filesystem>
#include <set>

#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

namespace {

Error bad_mount(const std::string& type, const std::string& what) {
  return make_error(Code::kInvalidArgument, "invalid mount config for type \"" + type + "\": " + what);
}

Result<void> check_mount(const json& mount, const PathExists& exists) {
  const std::string type = text_of(mount, "Type"), source = text_of(mount, "Source"), target = text_of(mount, "Target");
  auto is_relative = [](const std::string& path) { return !path.starts_with('/'); };
  if (target.empty()) return bad_mount(type, "field Target must not be empty");
  if (is_relative(target)) return bad_mount(type, "invalid mount path: '" + target + "' mount path must be absolute");
  if (target.find_first_not_of('/') == target.npos)
    return bad_mount(type, "invalid specification: destination can't be '/'");
  for (const char* owner : {"bind", "volume", "tmpfs"}) {
    const std::string options = owner == std::string("bind")     ? "BindOptions"
                                : owner == std::string("volume") ? "VolumeOptions"
                                                                 : "TmpfsOptions";
    if (owner != type && !at(mount, options.c_str()).empty())
      return bad_mount(type, "field " + options + " must not be specified");
  }
  if (type == "tmpfs" && !source.empty()) return bad_mount(type, "field Source must not be specified");
  if (type != "bind") return {};
  if (source.empty()) return bad_mount(type, "field Source must not be empty");
  if (is_relative(source)) return bad_mount(type, "invalid mount path: '" + source + "' mount path must be absolute");
  const bool is_made = at(at(mount, "BindOptions"), "CreateMountpoint") == true;
  if (!is_made && !exists(source)) return bad_mount(type, "bind source path does not exist: " + source);
  return {};
}

}  // namespace

PathExists path_exists() {
  return [](const std::string& path) {
    std::error_code unreadable;
    return std::filesystem::exists(path, unreadable);
  };
}

Result<void> check_mounts(const json& mounts, const PathExists& exists) {
  if (!mounts.is_array()) return {};
  std::set<std::string> targets;
  for (const json& mount : mounts) {
    if (!mount.is_object()) continue;
    SKEIN_TRY(check_mount(mount, exists));
    if (!targets.insert(text_of(mount, "Target")).second)
      return make_error(Code::kInvalidArgument, "Duplicate mount point: " + text_of(mount, "Target"));
  }
  return {};
}

}  // namespace skein::engine
