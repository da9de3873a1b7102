#include "engine/podman/spec/mount_spec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "base/text/json_text.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

namespace {

constexpr const char* kOptionsLabel = "io.skein.volume-options";
constexpr const char* kAsDocker = "suid,dev";  // Podman mounts volumes without
constexpr uint64_t kBlockBytes = 4096;         // of tmpfs's nr_blocks: a page

Error unsupported_mount(const std::string& what) {
  return make_error(Code::kUnimplemented, what + " is not supported by this version");
}

std::vector<std::string> split_options(const std::string& text) {
  std::vector<std::string> out;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(',', start), text.size());
    if (end > start) out.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return out;
}

std::string join_options(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

bool has_option(const std::vector<std::string>& words, const std::string& wanted) {
  return std::find(words.begin(), words.end(), wanted) != words.end();
}

// "1m", "64K", "4096": as the kernel reads a size.
std::optional<uint64_t> parse_size(const std::string& text) {
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  auto [stop, ec] = std::from_chars(text.data(), end, number);
  if (ec != std::errc() || stop == text.data()) return std::nullopt;
  static constexpr std::string_view kUnits = "kmgtpe";
  if (stop == end) return number;
  const size_t unit = kUnits.find(static_cast<char>(std::tolower(static_cast<unsigned char>(*stop))));
  if (unit == kUnits.npos || stop + 1 != end) return std::nullopt;
  const unsigned shift = 10 * (static_cast<unsigned>(unit) + 1);
  if (number > (UINT64_MAX >> shift)) return std::nullopt;
  return number << shift;
}

std::string octal(uint32_t mode) {
  std::array<char, 16> text{};
  auto end = std::to_chars(text.data(), text.data() + text.size(), mode, 8).ptr;
  return std::string(text.data(), end);
}

Result<void> translate_tmpfs(const json& mount, json& tmpfs) {
  const json& options = at(mount, "TmpfsOptions");
  std::vector<std::string> words;
  if (at(mount, "ReadOnly") == true) words.emplace_back("ro");
  if (const json& size = at(options, "SizeBytes"); size.is_number_integer() && size.get<int64_t>() > 0)
    words.push_back("size=" + std::to_string(size.get<int64_t>()));
  if (const json& mode = at(options, "Mode"); mode.is_number_integer() && mode.get<int64_t>() != 0)
    words.push_back("mode=" + octal(static_cast<uint32_t>(mode.get<int64_t>())));
  for (const json& option : at(options, "Options")) {
    std::string word;
    for (const json& part : option)
      if (part.is_string()) word += (word.empty() ? "" : "=") + part.get<std::string>();
    if (!word.empty()) words.push_back(std::move(word));
  }
  tmpfs[text_of(mount, "Target")] = tmpfs_options_of(join_options(words));
  return {};
}

// True when the mount has become something else.
Result<bool> translate_volume(json& mount, json& host_config, json& volumes,
                              const std::function<std::string()>& new_name) {
  const json& options = at(mount, "VolumeOptions");
  if (!text_of(options, "Subpath").empty()) return unsupported_mount("VolumeOptions.Subpath");
  const json& driver = at(options, "DriverConfig");
  const json driver_options = object_of(driver, "Options"), labels = object_of(options, "Labels");
  const std::string driver_name = text_of(driver, "Name");
  const bool is_plain = driver_options.empty() && labels.empty() && (driver_name.empty() || driver_name == "local");
  const bool is_copied = at(options, "NoCopy") != true;
  if (is_plain && is_copied && text_of(mount, "Source").empty()) return false;  // nobody's: it goes with the container
  if (text_of(mount, "Source").empty()) mount["Source"] = new_name();
  if (!is_plain) {
    json volume{{"Name", mount["Source"]}, {"Driver", driver_name.empty() ? "local" : driver_name}};
    volume["DriverOpts"] = driver_options;
    volume["Labels"] = labels;
    volumes.push_back(std::move(volume));
  }
  mount.erase("VolumeOptions");
  // Podman has these words for its -v alone.
  std::string bind = text_of(mount, "Source") + ":" + text_of(mount, "Target") + ":" + kAsDocker;
  if (!is_copied) bind += ",nocopy";
  if (at(mount, "ReadOnly") == true) bind += ",ro";
  if (!host_config["Binds"].is_array()) host_config["Binds"] = json::array();
  host_config["Binds"].push_back(std::move(bind));
  return true;
}

}  // namespace

std::string tmpfs_options_of(const std::string& options) {
  std::vector<std::string> words = split_options(options);
  if (!has_option(words, "exec") && !has_option(words, "noexec")) words.emplace_back("noexec");
  if (!has_option(words, "tmpcopyup") && !has_option(words, "notmpcopyup")) words.emplace_back("notmpcopyup");
  return join_options(words);
}

namespace {

// "data:/d", "data:/d:ro"; those of folders and without a name have what they need.
void translate_binds(json& host_config) {
  json& binds = host_config["Binds"];
  if (!binds.is_array()) return;
  for (json& bind : binds) {
    if (!bind.is_string()) continue;
    std::string text = bind;
    const size_t first = text.find(':');
    if (text.starts_with('/') || first == text.npos) continue;
    const size_t second = text.find(':', first + 1);
    const auto words = split_options(second == text.npos ? "" : text.substr(second + 1));
    if (std::ranges::any_of(words, [](const auto& word) { return word.ends_with("suid") || word.ends_with("dev"); }))
      continue;
    bind = text + (second == text.npos ? ":" : ",") + kAsDocker;
  }
}

}  // namespace

Result<void> translate_mounts(json& host_config, json& volumes, const std::function<std::string()>& new_name) {
  translate_binds(host_config);
  const json mounts = at(host_config, "Mounts");
  if (!mounts.is_array()) return {};
  json kept = json::array(), tmpfs = object_of(host_config, "Tmpfs");
  for (json mount : mounts) {
    const std::string type = text_of(mount, "Type");
    if (type == "tmpfs") {
      SKEIN_TRY(translate_tmpfs(mount, tmpfs));
      continue;
    }
    if (type != "bind" && type != "volume") return unsupported_mount("the mount type \"" + type + "\"");
    if (at(at(mount, "BindOptions"), "ReadOnlyForceRecursive") == true)
      return unsupported_mount("BindOptions.ReadOnlyForceRecursive");
    bool is_replaced = false;
    if (type == "volume") {
      SKEIN_TRY_ASSIGN(is_replaced, translate_volume(mount, host_config, volumes, new_name));
    }
    if (!is_replaced) kept.push_back(std::move(mount));
  }
  host_config["Mounts"] = std::move(kept);
  if (!tmpfs.empty()) host_config["Tmpfs"] = std::move(tmpfs);
  return {};
}

Result<json> podman_volume(json body) {
  const std::string driver = text_of(body, "Driver");
  json options = object_of(body, "DriverOpts");
  if (options.empty() || (!driver.empty() && driver != "local")) return body;
  const bool is_tmpfs = text_of(options, "type") == "tmpfs";
  if (is_tmpfs && text_of(options, "device").empty()) options["device"] = "tmpfs";
  for (const auto& [name, needs] : {std::pair("type", "device"), std::pair("device", "type"), std::pair("o", "device")})
    if (options.contains(name) && text_of(options, needs).empty())
      return make_error(Code::kInvalidArgument,
                        "create " + text_of(body, "Name") + ": missing required option: \"" + needs + "\"");
  if (is_tmpfs && options.contains("o")) {
    std::vector<std::string> words = split_options(text_of(options, "o"));
    for (std::string& word : words) {
      if (!word.starts_with("size=")) continue;
      auto size = parse_size(word.substr(5));
      if (!size)
        return make_error(Code::kInvalidArgument,
                          "create " + text_of(body, "Name") + ": invalid size: '" + word.substr(5, 100) + "'");
      word = "nr_blocks=" + std::to_string((*size + kBlockBytes - 1) / kBlockBytes);
    }
    options["o"] = join_options(words);
  }
  if (options != body["DriverOpts"]) {
    if (!body["Labels"].is_object()) body["Labels"] = json::object();
    body["Labels"][kOptionsLabel] = json_text(body["DriverOpts"]);
  }
  body["DriverOpts"] = std::move(options);
  return body;
}

void present_volume_options(json& volume) {
  if (!volume.is_object() || !at(volume, "Labels").contains(kOptionsLabel)) return;
  json written = json::parse(text_of(volume["Labels"], kOptionsLabel), nullptr, false);
  volume["Labels"].erase(kOptionsLabel);
  if (written.is_object()) volume["Options"] = std::move(written);
}

}  // namespace skein::engine
