#include "engine/podman/spec/log_driver.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

namespace {

constexpr const char* kPodmansFile = "k8s-file";

struct Driver {
  const char* name;
  const char* podmans;
  std::vector<std::string_view> options;
};

const std::vector<Driver>& drivers() {
  static const std::vector<Driver> kDrivers = {
      {"json-file",
       kPodmansFile,
       {"max-file", "max-size", "compress", "labels", "labels-regex", "env", "env-regex", "tag"}},
      {"local", kPodmansFile, {"max-file", "max-size", "compress"}},
      {"journald", "journald", {"labels", "labels-regex", "env", "env-regex", "tag"}},
      {"none", "none", {}},
  };
  return kDrivers;
}

Error wrong(std::string what) { return make_error(Code::kInvalidArgument, std::move(what)); }

std::optional<int64_t> whole(const std::string& text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

// "10m", "1.5GB": decimal units, as Docker's clients write sizes.
std::optional<double> size_bytes(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  if (text.ends_with("ib")) text.resize(text.size() - 2);
  if (text.ends_with('b')) text.pop_back();
  double factor = 1;
  static constexpr std::string_view kUnits = "kmgtp";
  if (const size_t unit = text.empty() ? kUnits.npos : kUnits.find(text.back()); unit != kUnits.npos) {
    for (size_t i = 0; i <= unit; ++i) factor *= 1000;
    text.pop_back();
  }
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || text.empty() || number < 0) return std::nullopt;
  return number * factor;
}

// Where nothing is asked for: of the local driver it is Docker's; json-file's would fill the disk.
constexpr LogLimit kLocalDefault{.bytes = 20'000'000, .files = 5};
constexpr LogLimit kFileDefault{.bytes = 104'857'600, .files = 2};

Result<LogLimit> file_limit(const std::string& driver, const json& asked) {
  LogLimit out = driver == "local" ? kLocalDefault : kFileDefault;
  if (const std::string text = text_of(asked, "max-file"); !text.empty()) {
    const auto count = whole(text);
    if (!count) return wrong("strconv.Atoi: parsing \"" + text + "\": invalid syntax");
    if (*count < 1) return wrong("max-file cannot be less than 1");
    out.files = *count;
  }
  if (const std::string size = text_of(asked, "max-size"); !size.empty()) {
    const auto bytes = size_bytes(size);
    if (!bytes) return wrong("invalid size: '" + size + "'");
    if (text_of(asked, "max-file").empty() && driver != "local") out.files = 1;
    out.bytes = static_cast<int64_t>(*bytes);
  }
  // The same room in fewer files.
  if (constexpr int64_t kFiles = kLogFilesMax; out.files > kFiles) {
    out.bytes = static_cast<int64_t>(static_cast<double>(out.bytes) * static_cast<double>(out.files) / kFiles);
    out.files = kFiles;
  }
  return out;
}

std::string driver_of(const json& asked) {
  const std::string name = text_of(asked, "Type");
  return name.empty() ? kDockersLogDriver : name;
}

}  // namespace

Result<json> podman_log_config(const json& asked) {
  const std::string name = driver_of(asked);
  const auto driver = std::ranges::find_if(drivers(), [&](const Driver& known) { return known.name == name; });
  if (driver == drivers().end()) return wrong("logger: no log driver named '" + name + "' is registered");
  json out{{"Type", driver->podmans}, {"Config", json::object()}};
  if (name == "none") return out;
  const json options = object_of(asked, "Config");
  const std::string mode = text_of(options, "mode");
  if (!mode.empty() && mode != "blocking" && mode != "non-blocking")
    return wrong("logger: logging mode not supported: " + mode);
  if (options.contains("max-buffer-size") && mode != "non-blocking")
    return wrong("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  for (const auto& [option, value] : options.items()) {
    if (option == "mode" || option == "max-buffer-size" || option.starts_with("cache-")) continue;
    if (std::ranges::find(driver->options, option) != driver->options.end()) continue;
    std::string what = "unknown log opt '";
    return wrong(what.append(option).append("' for ").append(name).append(" log driver"));
  }
  if (driver->podmans == std::string_view(kPodmansFile)) {
    // Not told to Podman, which empties its file: the files are changed by us (log_files.h).
    if (auto limit = file_limit(name, options); !limit.ok()) return limit.error();
  } else if (options.contains("tag")) {
    out["Config"]["tag"] = options["tag"];
  }
  return out;
}

LogLimit log_limit(const json& asked) {
  const std::string name = driver_of(asked);
  if (name != "local" && name != kDockersLogDriver) return {};
  const auto limit = file_limit(name, object_of(asked, "Config"));
  return limit.ok() ? *limit : LogLimit{};
}

std::vector<std::string> dockers_log_drivers(const std::vector<std::string>& podmans) {
  std::vector<std::string> out;
  for (const Driver& driver : drivers())
    if (std::ranges::find(podmans, driver.podmans) != podmans.end()) out.emplace_back(driver.name);
  return out;
}

}  // namespace skein::engine
