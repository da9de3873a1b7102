#include "api/volumes/volume_json.h"

#include <algorithm>

#include "api/requests/request_json.h"
#include "api/volumes/volume_filters.h"
#include "base/time/moment.h"
#include "engine/podman/spec/mount_spec.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using engine::at;
using engine::text_of;
using nlohmann::json;

namespace {

using Options = std::map<std::string, std::string>;

Error wrong_volume(std::string what) { return make_error(Code::kInvalidArgument, std::move(what)); }

Result<void> check_volume_name(const std::string& name) {
  if (name.size() == 1)
    return wrong_volume("create " + name +
                        ": volume name is too short, names should be at least two alphanumeric characters");
  const bool is_fine =
      std::isalnum(static_cast<unsigned char>(name[0])) &&
      std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '.' || c == '-'; });
  if (is_fine) return {};
  return wrong_volume("create " + name + ": \"" + name +
                      "\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are "
                      "allowed. If you intended to pass a host directory, use absolute path");
}

Result<void> check_volume_options(const Options& options) {
  for (const auto& [key, value] : options) {
    if (key == "size") return wrong_volume("quota size requested but no quota support");
    if (key != "type" && key != "o" && key != "device") return wrong_volume("invalid option: \"" + key + "\"");
  }
  if (options.empty()) return {};
  if (!options.contains("type")) return wrong_volume("missing required option: \"type\"");
  // Docker wants a device of a tmpfs, too, whose name means nothing.
  if (!options.contains("device") && options.at("type") != "tmpfs")
    return wrong_volume("missing required option: \"device\"");
  return {};
}

}  // namespace

Result<json> volume_request(const json& body, const std::string& generated_name) {
  SKEIN_TRY(check_is_object(body, "the request"));
  SKEIN_TRY_ASSIGN(std::string name, text_member(body, "Name"));
  SKEIN_TRY_ASSIGN(const std::string driver, text_member(body, "Driver"));
  Options labels, options;
  SKEIN_TRY(labels_member(body, "Labels", labels));
  SKEIN_TRY(labels_member(body, "DriverOpts", options));
  if (!at(body, "ClusterVolumeSpec").empty())
    return make_error(Code::kUnimplemented, "cluster volumes are not supported by this version");
  if (name.empty()) {
    name = generated_name;
    labels.emplace(kAnonymousLabel, "");
  }
  SKEIN_TRY(check_volume_name(name));
  if (!driver.empty() && driver != "local")
    return make_error(Code::kNotFound, "create " + name + ": error looking up volume plugin " + driver + ": plugin \"" +
                                           driver + "\" not found");
  if (auto checked = check_volume_options(options); !checked.ok())
    return make_error(checked.error().code, "create " + name + ": " + checked.error().text());
  return json{{"Name", name}, {"Driver", "local"}, {"DriverOpts", options}, {"Labels", labels}};
}

json present_volume(json volume) {
  engine::present_volume_options(volume);
  json labels = engine::object_of(volume, "Labels");
  const json options = engine::object_of(volume, "Options");
  if (at(volume, "Anonymous") == true) labels[kAnonymousLabel] = "";
  const std::string made = text_of(volume, "CreatedAt");
  const auto created = parse_time(made);
  return {{"CreatedAt", created.ok() ? WallTime{*created}.rfc3339().substr(0, 19) + "Z" : made},
          {"Driver", text_of(volume, "Driver")},
          {"Labels", labels.empty() ? json() : labels},
          {"Mountpoint", text_of(volume, "Mountpoint")},
          {"Name", text_of(volume, "Name")},
          {"Options", options.empty() ? json() : options},
          {"Scope", "local"}};
}

}  // namespace skein::api
