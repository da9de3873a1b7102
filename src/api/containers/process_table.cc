#include "api/containers/process_table.h"

#include <pwd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace skein::api {

using nlohmann::json;

namespace {

constexpr size_t kUserNameMax = 8;  // longer names are cut, as ps does
constexpr int kPtsMajorMin = 136, kPtsMajorMax = 143;

// Files in /proc have no size that is known before they are read.
std::string read_proc_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string terminal_name(int device) {
  if (device == 0) return "?";
  const unsigned major_number = major(static_cast<dev_t>(device)), minor_number = minor(static_cast<dev_t>(device));
  if (major_number >= kPtsMajorMin && major_number <= kPtsMajorMax)
    return "pts/" + std::to_string((major_number - kPtsMajorMin) * 256 + minor_number);
  if (major_number == 4) return "tty" + std::to_string(minor_number);
  return "?";
}

// The time of today, the day of this year, or the year.
std::string start_text(int64_t start_s, int64_t now_s) {
  const std::time_t start = start_s, now = now_s;
  std::tm then{}, today{};
  ::localtime_r(&start, &then);
  ::localtime_r(&now, &today);
  const bool is_today = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), is_today ? "%H:%M" : then.tm_year == today.tm_year ? "%b%d" : "%Y", &then);
  return text.data();
}

std::string used_text(uint64_t seconds) {
  const uint64_t days = seconds / 86400;
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%02u:%02u:%02u", static_cast<unsigned>(seconds / 3600 % 24),
                static_cast<unsigned>(seconds / 60 % 60), static_cast<unsigned>(seconds % 60));
  return (days ? std::to_string(days) + "-" : "") + text.data();
}

std::string command_text(const ProcessFacts& process) {
  if (process.command.empty()) return "[" + process.name + "]";
  std::string out;
  for (const auto& word : process.command) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string name_of_user(uint32_t user) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) != 0 || !found) return std::to_string(user);
  std::string name = found->pw_name;
  return name.size() <= kUserNameMax ? name : name.substr(0, kUserNameMax - 1) + "+";
}

std::optional<ProcessFacts> read_process(const std::string& folder) {
  auto out = parse_process_stat(read_proc_file(folder + "/stat"));
  struct stat owner {};
  if (!out || ::stat(folder.c_str(), &owner) != 0) return std::nullopt;
  out->user = owner.st_uid;
  const std::string words = read_proc_file(folder + "/cmdline");
  for (size_t at = 0; at < words.size();) {
    const size_t end = std::min(words.find('\0', at), words.size());
    out->command.push_back(words.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

// The name in parentheses may hold anything, also ") 7 (".
std::optional<ProcessFacts> parse_process_stat(const std::string& text) {
  const size_t open = text.find('('), close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  ProcessFacts out;
  out.name = text.substr(open + 1, close - open - 1);
  std::from_chars(text.data(), text.data() + open, out.pid);
  std::istringstream rest(text.substr(close + 1));
  std::string state, ignored;
  uint64_t user_ticks = 0, system_ticks = 0;
  rest >> state >> out.parent >> ignored >> ignored >> out.terminal;
  for (int i = 0; i < 6; ++i) rest >> ignored;  // up to cmajflt
  rest >> user_ticks >> system_ticks;
  for (int i = 0; i < 6; ++i) rest >> ignored;  // up to itrealvalue
  rest >> out.ticks_at_start;
  if (!rest || out.pid <= 0) return std::nullopt;
  out.ticks_used = user_ticks + system_ticks;
  return out;
}

json format_process_table(std::vector<ProcessFacts> processes, const ProcessTableContext& context) {
  std::ranges::sort(processes, {}, &ProcessFacts::pid);
  const int64_t now_s = context.now.ns / 1'000'000'000;
  const auto per_second = static_cast<uint64_t>(std::max<int64_t>(context.ticks_per_second, 1));
  json rows = json::array();
  for (const ProcessFacts& process : processes) {
    const int64_t start_s = context.boot_s + static_cast<int64_t>(process.ticks_at_start / per_second);
    const uint64_t used_s = process.ticks_used / per_second;
    const uint64_t age_s = static_cast<uint64_t>(std::max<int64_t>(now_s - start_s, 1));
    rows.push_back({context.user_name(process.user), std::to_string(process.pid), std::to_string(process.parent),
                    std::to_string(std::min<uint64_t>(used_s * 100 / age_s, 99)), start_text(start_s, now_s),
                    terminal_name(process.terminal), used_text(used_s), command_text(process)});
  }
  return {{"Titles", {"UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"}}, {"Processes", rows}};
}

std::vector<ProcessFacts> read_processes_beside(int pid, const std::string& proc) {
  std::vector<ProcessFacts> out;
  // "0::/a/b\n": below it is what has "/" where this ends.
  std::string group = read_proc_file(proc + "/" + std::to_string(pid) + "/cgroup");
  if (group.empty()) return out;
  while (group.ends_with('\n')) group.pop_back();
  std::error_code failed;
  for (std::filesystem::directory_iterator at(proc, failed), end; !failed && at != end; at.increment(failed)) {
    const std::string name = at->path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string other = read_proc_file(at->path().string() + "/cgroup");
    const bool is_inside = other.starts_with(group) &&
                           (other.size() == group.size() || other[group.size()] == '\n' || other[group.size()] == '/');
    if (!is_inside) continue;
    if (auto process = read_process(at->path().string())) out.push_back(std::move(*process));
  }
  return out;
}

ProcessTableContext read_process_context(const std::string& proc, WallTime now) {
  ProcessTableContext out;
  out.ticks_per_second = ::sysconf(_SC_CLK_TCK);
  out.now = now;
  out.user_name = name_of_user;
  const std::string stat = read_proc_file(proc + "/stat");
  if (size_t at = stat.find("\nbtime "); at != std::string::npos)
    std::from_chars(stat.data() + at + 7, stat.data() + stat.size(), out.boot_s);
  return out;
}

}  // namespace skein::api
