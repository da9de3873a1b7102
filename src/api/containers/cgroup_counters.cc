#include "api/containers/cgroup_counters.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <sstream>

namespace skein::api {

using nlohmann::json;

namespace {

constexpr uint64_t kTick_ns = 10'000'000;
constexpr uint64_t kMicrosecond_ns = 1000;

// Of memory.stat, what Docker shows.
constexpr std::array kMemoryOfFirst{"cache",
                                    "rss",
                                    "rss_huge",
                                    "mapped_file",
                                    "dirty",
                                    "writeback",
                                    "pgpgin",
                                    "pgpgout",
                                    "pgfault",
                                    "pgmajfault",
                                    "inactive_anon",
                                    "active_anon",
                                    "inactive_file",
                                    "active_file",
                                    "unevictable",
                                    "hierarchical_memory_limit",
                                    "hierarchical_memsw_limit",
                                    "total_cache",
                                    "total_rss",
                                    "total_rss_huge",
                                    "total_mapped_file",
                                    "total_dirty",
                                    "total_writeback",
                                    "total_pgpgin",
                                    "total_pgpgout",
                                    "total_pgfault",
                                    "total_pgmajfault",
                                    "total_inactive_anon",
                                    "total_active_anon",
                                    "total_inactive_file",
                                    "total_active_file",
                                    "total_unevictable"};
constexpr std::array kMemoryOfSecond{"anon",
                                     "file",
                                     "kernel_stack",
                                     "slab",
                                     "sock",
                                     "shmem",
                                     "file_mapped",
                                     "file_dirty",
                                     "file_writeback",
                                     "anon_thp",
                                     "inactive_anon",
                                     "active_anon",
                                     "inactive_file",
                                     "active_file",
                                     "unevictable",
                                     "slab_reclaimable",
                                     "slab_unreclaimable",
                                     "pgfault",
                                     "pgmajfault",
                                     "workingset_refault",
                                     "workingset_activate",
                                     "workingset_nodereclaim",
                                     "pgrefill",
                                     "pgscan",
                                     "pgsteal",
                                     "pgactivate",
                                     "pgdeactivate",
                                     "pglazyfree",
                                     "pglazyfreed",
                                     "thp_fault_alloc",
                                     "thp_collapse_alloc"};

std::string text_in(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::optional<uint64_t> number_of(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

// "name number" a line.
json flat_counters(const std::string& path) {
  json out = json::object();
  std::istringstream lines(text_in(path));
  std::string name;
  for (uint64_t value = 0; lines >> name >> value;) out[name] = value;
  return out;
}

template <class Names>
json chosen_counters(const json& counters, const Names& names) {
  json out = json::object();
  for (const char* name : names) out[name] = counters.value(name, uint64_t{0});
  return out;
}

struct Device {
  uint64_t major = 0, minor = 0;
  bool read(std::istream& in) {
    char colon = 0;
    return static_cast<bool>(in >> major >> colon >> minor) && colon == ':';
  }
  json entry(const std::string& op, uint64_t value) const {
    return {{"major", major}, {"minor", minor}, {"op", op}, {"value", value}};
  }
};

// "8:0 Read 4096" a line; the last is the sum over all devices.
json entries_of_first(const std::string& path) {
  json out = json::array();
  std::istringstream lines(text_in(path));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Device device;
    std::string op;
    uint64_t value = 0;
    if (device.read(words) && words >> op >> value) out.push_back(device.entry(op, value));
  }
  return out;
}

// "8:0 rbytes=4096 wbytes=0 rios=1 …" a line.
json entries_of_second(const std::string& path) {
  json out;
  std::istringstream lines(text_in(path));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Device device;
    if (!device.read(words)) continue;
    uint64_t read = 0, written = 0;
    for (std::string word; words >> word;) {
      const std::string_view text = word;
      if (text.starts_with("rbytes=")) read = number_of(text.substr(7)).value_or(0);
      if (text.starts_with("wbytes=")) written = number_of(text.substr(7)).value_or(0);
    }
    out.push_back(device.entry("read", read));
    out.push_back(device.entry("write", written));
  }
  return out;
}

void put_devices(json& stats, const std::string& folder, bool is_second) {
  json& devices = stats["blkio_stats"];
  for (const char* name :
       {"io_service_bytes_recursive", "io_serviced_recursive", "io_queue_recursive", "io_service_time_recursive",
        "io_wait_time_recursive", "io_merged_recursive", "io_time_recursive", "sectors_recursive"})
    devices[name] = is_second ? json() : json::array();
  if (is_second) {
    devices["io_service_bytes_recursive"] = entries_of_second(folder + "/io.stat");
    return;
  }
  for (const char* name : {"io_service_bytes_recursive", "io_serviced_recursive"})
    devices[name] = entries_of_first(folder + "/blkio.throttle." + name);
}

// Only what is not zero, as Docker has it.
void put_some(json& object, const char* name, uint64_t value) {
  object.erase(name);
  if (value != 0) object[name] = value;
}

void put_memory(json& stats, const std::string& folder, bool is_second) {
  const json counters = flat_counters(folder + "/memory.stat");
  if (counters.empty()) return;
  json& memory = stats["memory_stats"];
  if (is_second) {
    memory["stats"] = chosen_counters(counters, kMemoryOfSecond);
    memory.erase("max_usage");
    put_some(memory, "failcnt", flat_counters(folder + "/memory.events").value("oom", uint64_t{0}));
    return;
  }
  memory["stats"] = chosen_counters(counters, kMemoryOfFirst);
  put_some(memory, "max_usage", number_of(text_in(folder + "/memory.max_usage_in_bytes")).value_or(0));
  put_some(memory, "failcnt", number_of(text_in(folder + "/memory.failcnt")).value_or(0));
}

// Version 2 has a word for no limit, which Docker shows as the largest number.
void put_processes(json& stats, const std::string& folder, bool is_second) {
  const std::string text = text_in(folder + "/pids.max");
  if (text.empty()) return;
  const uint64_t none = is_second ? std::numeric_limits<uint64_t>::max() : 0;
  put_some(stats["pids_stats"], "limit", number_of(text).value_or(none));
}

void put_cpu(json& stats, const std::string& folder, const std::string& usage_folder, bool is_second) {
  const json counters = flat_counters(folder + "/cpu.stat");
  json& cpu = stats["cpu_stats"];
  if (counters.contains("nr_periods"))
    cpu["throttling_data"] = {
        {"periods", counters["nr_periods"]},
        {"throttled_periods", counters.value("nr_throttled", uint64_t{0})},
        {"throttled_time", is_second ? counters.value("throttled_usec", uint64_t{0}) * kMicrosecond_ns
                                     : counters.value("throttled_time", uint64_t{0})}};
  if (is_second) {
    cpu["cpu_usage"].erase("percpu_usage");
    return;
  }
  const json usage = flat_counters(usage_folder + "/cpuacct.stat");
  if (!usage.contains("user") || !usage.contains("system")) return;
  cpu["cpu_usage"]["usage_in_usermode"] = usage["user"].get<uint64_t>() * kTick_ns;
  cpu["cpu_usage"]["usage_in_kernelmode"] = usage["system"].get<uint64_t>() * kTick_ns;
}

}  // namespace

std::string cgroup_folder(std::string_view proc_cgroup, const std::string& controller, bool is_second) {
  std::istringstream lines{std::string(proc_cgroup)};
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    if (is_second && controllers.empty()) return path;
    std::istringstream names(controllers);
    for (std::string name; !is_second && std::getline(names, name, ',');)
      if (name == controller) return std::string("/").append(controllers).append(path);
  }
  return "";
}

void put_cgroup_counters(json& stats, pid_t process, const CgroupPlaces& places) {
  if (process <= 0 || !stats.is_object()) return;
  const std::string text = text_in(places.processes + "/" + std::to_string(process) + "/cgroup");
  const bool is_second = ::access((places.groups + "/cgroup.controllers").c_str(), F_OK) == 0;
  auto folder = [&](const char* controller) {
    const std::string below = cgroup_folder(text, controller, is_second);
    return below.empty() ? "" : places.groups + below;
  };
  if (const std::string memory = folder("memory"); !memory.empty()) put_memory(stats, memory, is_second);
  if (const std::string devices = folder("blkio"); !devices.empty()) put_devices(stats, devices, is_second);
  if (const std::string processes = folder("pids"); !processes.empty()) put_processes(stats, processes, is_second);
  if (const std::string cpu = folder("cpu"); !cpu.empty()) put_cpu(stats, cpu, folder("cpuacct"), is_second);
}

}  // namespace skein::api
