#include "cmd/cli/container/stats_format.h"

#include <array>
#include <cstdio>

#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

std::string percent(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f%%", value);
  return text.data();
}

// Of one CPU, between the two measurements of a sample.
double cpu_percent(const Json& sample) {
  const Json& now = at(sample, "cpu_stats");
  const Json& before = at(sample, "precpu_stats");
  const auto used = static_cast<double>(number_at(at(now, "cpu_usage"), "total_usage") -
                                        number_at(at(before, "cpu_usage"), "total_usage"));
  const auto total = static_cast<double>(number_at(now, "system_cpu_usage") - number_at(before, "system_cpu_usage"));
  auto cpus = static_cast<double>(number_at(now, "online_cpus"));
  if (cpus == 0) cpus = static_cast<double>(at(at(now, "cpu_usage"), "percpu_usage").size());
  return used > 0 && total > 0 ? used / total * cpus * 100 : 0;
}

// Without the page cache that the kernel can take back.
int64_t memory_used(const Json& memory) {
  const int64_t usage = number_at(memory, "usage");
  const Json& details = at(memory, "stats");
  int64_t cache = number_at(details, "total_inactive_file");
  if (cache == 0) cache = number_at(details, "inactive_file");
  return cache < usage ? usage - cache : usage;
}

std::string sizes(double in, double out) { return show_size(in) + " / " + show_size(out); }

}  // namespace

Listing stats_listing() {
  return {{{"ID", "CONTAINER ID"},
           {"Name", "NAME"},
           {"CPUPerc", "CPU %"},
           {"MemUsage", "MEM USAGE / LIMIT"},
           {"MemPerc", "MEM %"},
           {"NetIO", "NET I/O"},
           {"BlockIO", "BLOCK I/O"},
           {"PIDs", "PIDS"},
           {"Container", "CONTAINER"}},
          8};
}

Json stats_row(const Json& sample, const std::string& name, bool is_whole) {
  std::string own_name = text_at(sample, "name");
  if (own_name.starts_with('/')) own_name.erase(0, 1);
  std::string id = text_at(sample, "id");
  if (id.empty()) id = name;
  const Json& memory = at(sample, "memory_stats");
  const auto used = static_cast<double>(memory_used(memory));
  const auto limit = static_cast<double>(number_at(memory, "limit"));
  double received = 0;
  double sent = 0;
  for (const Json& network : at(sample, "networks")) {
    received += static_cast<double>(number_at(network, "rx_bytes"));
    sent += static_cast<double>(number_at(network, "tx_bytes"));
  }
  double read = 0;
  double written = 0;
  for (const Json& entry : at(at(sample, "blkio_stats"), "io_service_bytes_recursive")) {
    const std::string operation = lower_case(text_at(entry, "op"));
    if (operation == "read") read += static_cast<double>(number_at(entry, "value"));
    if (operation == "write") written += static_cast<double>(number_at(entry, "value"));
  }
  return {{"ID", is_whole ? id : short_id(id)},
          {"Name", own_name.empty() ? "--" : own_name},
          {"Container", name},
          {"CPUPerc", percent(cpu_percent(sample))},
          {"MemUsage", show_binary_size(used) + " / " + show_binary_size(limit)},
          {"MemPerc", percent(limit > 0 ? used / limit * 100 : 0)},
          {"NetIO", sizes(received, sent)},
          {"BlockIO", sizes(read, written)},
          {"PIDs", std::to_string(number_at(at(sample, "pids_stats"), "current"))}};
}

}  // namespace skein::cli
