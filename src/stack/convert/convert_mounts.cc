#include "stack/convert/convert_parts.h"

namespace skein::stack {

namespace {

// Options of a mount that its type has no use for.
Result<void> refuse_options(const Value& mount, const std::string& type, std::initializer_list<const char*> kinds) {
  for (const char* const kind : kinds) {
    if (!mount.entries().contains(kind)) continue;
    return invalid_argument(std::string(kind) + " options are incompatible with type " + type);
  }
  return {};
}

Json mount_head(const Value& mount) {
  Json json = {{"Type", mount.at("type").text()}};
  put_unless_empty(json, "Source", mount.at("source"));
  put_unless_empty(json, "Target", mount.at("target"));
  put_unless_empty(json, "ReadOnly", mount.at("read_only"));
  put_unless_empty(json, "Consistency", mount.at("consistency"));
  if (json["Type"] == "") json.erase("Type");
  return json;
}

Result<Json> volume_mount(const Namespace& stack, const Value& mount, const Value& volumes) {
  SKEIN_TRY(refuse_options(mount, "volume", {"tmpfs", "bind"}));
  Json json = mount_head(mount);
  const std::string& source = mount.at("source").text();
  if (source.empty()) return json;
  if (!volumes.entries().contains(source)) return invalid_argument("undefined volume " + go_quoted(source));
  const Value& volume = volumes.at(source);
  const std::string& name = volume.at("name").text();
  json["Source"] = name.empty() ? stack.scoped(source) : name;
  Json& options = json["VolumeOptions"] = Json::object();
  put_unless_empty(options, "NoCopy", mount.at("volume").at("nocopy"));
  put_unless_empty(options, "Subpath", mount.at("volume").at("subpath"));
  if (volume.at("external").is_true()) return json;
  options["Labels"] = labels_of(stack, volume.at("labels"));
  Json driver = Json::object();
  put_unless_empty(driver, "Name", volume.at("driver"));
  put_unless_empty(driver, "Options", volume.at("driver_opts"));
  if (!driver.empty()) options["DriverConfig"] = std::move(driver);
  return json;
}

Result<Json> bind_mount(const Value& mount, const std::string& type) {
  if (mount.at("source").text().empty()) {
    return invalid_argument("invalid " + type + " source, source cannot be empty");
  }
  SKEIN_TRY(refuse_options(mount, type, {"volume", "tmpfs"}));
  Json json = mount_head(mount);
  if (const Value& bind = mount.at("bind"); !bind.is_null()) {
    json["BindOptions"] = Json::object();
    put_unless_empty(json["BindOptions"], "Propagation", bind.at("propagation"));
  }
  return json;
}

Result<Json> image_mount(const Value& mount) {
  if (mount.at("source").text().empty()) return invalid_argument("invalid image source, source cannot be empty");
  SKEIN_TRY(refuse_options(mount, "image", {"volume", "bind", "tmpfs"}));
  return mount_head(mount);
}

Result<Json> tmpfs_mount(const Value& mount) {
  if (!mount.at("source").text().empty()) return invalid_argument("invalid tmpfs source, source must be empty");
  SKEIN_TRY(refuse_options(mount, "tmpfs", {"bind", "volume"}));
  Json json = mount_head(mount);
  if (const Value& tmpfs = mount.at("tmpfs"); !tmpfs.is_null()) {
    json["TmpfsOptions"] = Json::object();
    put_unless_empty(json["TmpfsOptions"], "SizeBytes", tmpfs.at("size"));
  }
  return json;
}

Result<Json> cluster_mount(const Namespace& stack, const Value& mount, const Value& volumes) {
  const std::string& source = mount.at("source").text();
  if (source.empty()) return invalid_argument("invalid cluster source, source cannot be empty");
  SKEIN_TRY(refuse_options(mount, "cluster", {"tmpfs", "bind", "volume"}));
  Json json = mount_head(mount);
  json["ClusterOptions"] = Json::object();
  if (source.starts_with("group:")) return json;
  if (!volumes.entries().contains(source)) return invalid_argument("undefined volume " + go_quoted(source));
  const std::string& name = volumes.at(source).at("name").text();
  json["Source"] = name.empty() ? stack.scoped(source) : name;
  return json;
}

}  // namespace

Result<Json> convert_mounts(const Namespace& stack, const Value& mounts, const Value& volumes) {
  Json json = Json::array();
  for (const Value& mount : mounts.items()) {
    const std::string& type = mount.at("type").text();
    Result<Json> converted = invalid_argument("volume type must be volume, bind, tmpfs, npipe, or cluster");
    if (type == "volume" || type.empty()) converted = volume_mount(stack, mount, volumes);
    if (type == "bind" || type == "npipe") converted = bind_mount(mount, type);
    if (type == "image") converted = image_mount(mount);
    if (type == "tmpfs") converted = tmpfs_mount(mount);
    if (type == "cluster") converted = cluster_mount(stack, mount, volumes);
    if (!converted.ok()) return converted.error();
    json.push_back(std::move(*converted));
  }
  return json;
}

}  // namespace skein::stack
