#include "cmd/cli/container/mount_flags.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "cmd/cli/words/csv.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

Error bad_value(const CsvField& field) {
  return invalid_argument("invalid value for " + field.key + ": " + field.value);
}

// A switch: "readonly", "readonly=true", "readonly=0".
Result<bool> switch_of(const CsvField& field) {
  if (!field.has_value) return true;
  for (const char* yes : {"1", "t", "T", "true", "TRUE", "True"})
    if (field.value == yes) return true;
  for (const char* no : {"0", "f", "F", "false", "FALSE", "False"})
    if (field.value == no) return false;
  return bad_value(field);
}

std::string absolute(const std::string& source) {
  if (source != "." && !source.starts_with("./")) return source;
  return std::filesystem::absolute(source).lexically_normal().string();
}

void add_pair(Json& map, const std::string& text) {
  const CsvField pair = csv_field(text);
  if (!pair.key.empty()) map[pair.key] = pair.value;
}

Result<void> add_recursion(const CsvField& field, Json& options) {
  if (field.value == "disabled") {
    options["NonRecursive"] = true;
  } else if (field.value == "writable") {
    options["ReadOnlyNonRecursive"] = true;
  } else if (field.value == "readonly") {
    options["ReadOnlyForceRecursive"] = true;
  } else if (field.value != "enabled") {
    return invalid_argument("invalid value for " + field.key + ": " + field.value +
                            " (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")");
  }
  return {};
}

Result<void> add_bind_field(const CsvField& field, Json& options) {
  if (options.is_null()) options = Json::object();
  if (field.key == "bind-propagation") {
    options["Propagation"] = lower_case(field.value);
  } else if (field.key == "bind-nonrecursive") {
    SKEIN_TRY_ASSIGN(options["NonRecursive"], switch_of(field));
  } else {
    SKEIN_TRY(add_recursion(field, options));
  }
  return {};
}

Result<void> add_volume_field(const CsvField& field, Json& options) {
  if (!options.contains("DriverConfig")) options["DriverConfig"] = Json::object();
  if (field.key == "volume-nocopy") {
    SKEIN_TRY_ASSIGN(options["NoCopy"], switch_of(field));
  } else if (field.key == "volume-label") {
    add_pair(options["Labels"], field.value);
  } else if (field.key == "volume-subpath") {
    options["Subpath"] = field.value;
  } else if (field.key == "volume-driver") {
    options["DriverConfig"]["Name"] = field.value;
  } else {
    add_pair(options["DriverConfig"]["Options"], field.value);
  }
  return {};
}

Result<void> add_tmpfs_field(const CsvField& field, Json& options) {
  if (field.key == "tmpfs-size") {
    const auto size = parse_size(field.value);
    if (!size.ok()) return bad_value(field);
    options["SizeBytes"] = *size;
    return {};
  }
  uint32_t mode = 0;
  const char* const end = field.value.data() + field.value.size();
  const auto [stop, ec] = std::from_chars(field.value.data(), end, mode, 8);
  if (ec != std::errc() || stop != end) return bad_value(field);
  options["Mode"] = mode;
  return {};
}

bool is_one_of(const std::string& key, std::initializer_list<const char*> names) {
  return std::find(names.begin(), names.end(), key) != names.end();
}

Result<void> add_field(const std::string& text, Json& mount) {
  CsvField field = csv_field(text);
  field.key = lower_case(field.key);
  const bool is_switch = is_one_of(field.key, {"readonly", "ro", "volume-nocopy", "bind-nonrecursive"});
  if (!field.has_value && !is_switch) return invalid_argument("invalid field '" + text + "' must be a key=value pair");
  if (field.key == "type") {
    mount["Type"] = lower_case(field.value);
  } else if (is_one_of(field.key, {"source", "src"})) {
    mount["Source"] = absolute(field.value);
  } else if (is_one_of(field.key, {"target", "dst", "destination"})) {
    mount["Target"] = field.value;
  } else if (is_one_of(field.key, {"readonly", "ro"})) {
    SKEIN_TRY_ASSIGN(mount["ReadOnly"], switch_of(field));
  } else if (field.key == "consistency") {
    mount["Consistency"] = lower_case(field.value);
  } else if (is_one_of(field.key, {"bind-propagation", "bind-nonrecursive", "bind-recursive"})) {
    SKEIN_TRY(add_bind_field(field, mount["BindOptions"]));
  } else if (is_one_of(field.key, {"volume-nocopy", "volume-label", "volume-subpath", "volume-driver", "volume-opt"})) {
    SKEIN_TRY(add_volume_field(field, mount["VolumeOptions"]));
  } else if (is_one_of(field.key, {"tmpfs-size", "tmpfs-mode"})) {
    SKEIN_TRY(add_tmpfs_field(field, mount["TmpfsOptions"]));
  } else {
    return invalid_argument("unexpected key '" + field.key + "' in '" + text + "'");
  }
  return {};
}

Result<void> check_recursion(const Json& mount) {
  const Json& options = at(mount, "BindOptions");
  const bool is_forced = at(options, "ReadOnlyForceRecursive") == true;
  const bool is_read_only = at(mount, "ReadOnly") == true;
  const std::string option = is_forced ? "option 'bind-recursive=readonly'" : "option 'bind-recursive=writable'";
  if ((is_forced || at(options, "ReadOnlyNonRecursive") == true) && !is_read_only)
    return invalid_argument(option + " requires 'readonly' to be specified in conjunction");
  if (is_forced && text_at(options, "Propagation") != "rprivate")
    return invalid_argument(option + " requires 'bind-propagation=rprivate' to be specified in conjunction");
  return {};
}

Result<void> check_whole(const Json& mount) {
  const std::string type = text_at(mount, "Type");
  if (type.empty()) return invalid_argument("type is required");
  if (text_at(mount, "Target").empty()) return invalid_argument("target is required");
  const auto check_options = [&](const char* member, const std::string& wanted) -> Result<void> {
    if (!mount.contains(member) || type == wanted) return {};
    return invalid_argument("cannot mix '" + wanted + "-*' options with mount type '" + type + "'");
  };
  SKEIN_TRY(check_options("VolumeOptions", "volume"));
  SKEIN_TRY(check_options("BindOptions", "bind"));
  SKEIN_TRY(check_options("TmpfsOptions", "tmpfs"));
  return check_recursion(mount);
}

}  // namespace

Result<Json> parse_mount(const std::string& text) {
  SKEIN_TRY_ASSIGN(const auto fields, split_csv(text));
  Json mount = {{"Type", "volume"}};
  for (const std::string& field : fields) SKEIN_TRY(add_field(field, mount));
  SKEIN_TRY(check_whole(mount));
  return mount;
}

}  // namespace skein::cli
