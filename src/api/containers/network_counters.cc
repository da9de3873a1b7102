#include "api/containers/network_counters.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <sstream>

namespace skein::api {

using nlohmann::json;

namespace {

// The eight numbers of each direction in /proc/net/dev, of which Docker shows the first four.
struct Direction {
  uint64_t bytes = 0, packets = 0, errors = 0, dropped = 0;
  bool read(std::istream& in) {
    uint64_t other = 0;
    in >> bytes >> packets >> errors >> dropped;
    for (int i = 0; i < 4; ++i) in >> other;
    return !in.fail();
  }
};

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat first {
  }, second{};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

}  // namespace

json network_counters(std::string_view text) {
  json out = json::object();
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(':');
    const size_t begin = line.find_first_not_of(' ');
    if (colon == std::string::npos || begin >= colon) continue;
    const std::string name = line.substr(begin, colon - begin);
    std::istringstream numbers(line.substr(colon + 1));
    Direction in, back;
    if (name == "lo" || !in.read(numbers) || !back.read(numbers)) continue;
    out[name] = {{"rx_bytes", in.bytes},     {"rx_packets", in.packets},  {"rx_errors", in.errors},
                 {"rx_dropped", in.dropped}, {"tx_bytes", back.bytes},    {"tx_packets", back.packets},
                 {"tx_errors", back.errors}, {"tx_dropped", back.dropped}};
  }
  return out;
}

json read_network_counters(pid_t process, const std::string& netns_path) {
  if (process <= 0) return nullptr;
  const std::string folder = "/proc/" + std::to_string(process);
  std::ifstream file(folder + "/net/dev", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (text.empty()) return nullptr;
  if (!netns_path.empty() && !is_same_file(folder + "/ns/net", netns_path)) return nullptr;
  return network_counters(text);
}

}  // namespace skein::api
