#include "api/system/host_facts.h"

#include <linux/magic.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace skein::api {

namespace {

std::string file_text(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

std::string HostFacts::architecture() const {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return machine;
}

std::string os_release_value(std::string_view text, std::string_view name) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != '=') continue;
    std::string value = line.substr(name.size() + 1);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    return value;
  }
  return "";
}

HostFacts read_host_facts() {
  HostFacts out;
  utsname system{};
  ::uname(&system);
  out.kernel = system.release;
  out.machine = system.machine;
  const std::string release = file_text("/etc/os-release");
  out.operating_system = os_release_value(release, "PRETTY_NAME");
  if (out.operating_system.empty()) out.operating_system = "Linux";
  out.os_version = os_release_value(release, "VERSION_ID");
  out.cpus = static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  struct sysinfo memory {};
  if (::sysinfo(&memory) == 0) out.memory_bytes = static_cast<int64_t>(memory.totalram) * memory.mem_unit;
  struct statfs groups {};
  if (::statfs("/sys/fs/cgroup", &groups) == 0 && groups.f_type != CGROUP2_SUPER_MAGIC) out.cgroup_version = 1;
  return out;
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

bool forwards_ipv4() { return file_text("/proc/sys/net/ipv4/ip_forward").starts_with('1'); }

int64_t open_descriptors() {
  std::error_code unreadable;
  const std::filesystem::directory_iterator all("/proc/self/fd", unreadable);
  return std::distance(begin(all), end(all));
}

}  // namespace skein::api
