#include "agent/container_files.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace skein::agent {

using nlohmann::json;

namespace {

// Writes in place: the file is bound into a container, so it must stay the same inode.
Result<void> write_in_place(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  file.close();
  if (!file) return make_error(Code::kUnavailable, "write " + path);
  return {};
}

// Empty if there is none.
std::string read_text_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

Result<void> write_container_state(const std::string& folder, const ContainerState& state) {
  std::error_code ec;
  std::filesystem::create_directories(folder, ec);
  if (ec) return make_error(Code::kUnavailable, "create " + folder, ec.message());
  SKEIN_TRY(write_in_place(folder + "/state.json.new",
                           json{{"id", state.id}, {"netns", state.netns_path}, {"ports", state.assigned}}.dump()));
  std::filesystem::rename(folder + "/state.json.new", folder + "/state.json", ec);
  if (ec) return make_error(Code::kUnavailable, "write " + folder + "/state.json", ec.message());
  return {};
}

Result<ContainerState> read_container_state(const std::string& folder) {
  auto value = json::parse(read_text_file(folder + "/state.json"), nullptr, false);
  if (!value.is_object()) return make_error(Code::kDataLoss, "no state in " + folder);
  ContainerState state;
  if (value["id"].is_string()) state.id = value["id"];
  if (value["netns"].is_string()) state.netns_path = value["netns"];
  if (value["ports"].is_object())
    for (const auto& [spec, port] : value["ports"].items())
      if (port.is_number_unsigned()) state.assigned[spec] = port.get<uint16_t>();
  return state;
}

Result<void> write_container_files(const std::string& folder, const ContainerState& state,
                                   const engine::NetworkingRecord& record, const std::vector<engine::HostEntry>& own,
                                   const std::string& host_resolv_conf) {
  SKEIN_TRY(write_container_state(folder, state));
  SKEIN_TRY(write_in_place(folder + "/hosts", engine::format_hosts(record, own)));
  return write_in_place(folder + "/resolv.conf", engine::format_resolv_conf(record, read_text_file(host_resolv_conf)));
}

uint16_t free_host_port(const std::string& port_spec) {
  int type = port_spec.ends_with("/udp") ? SOCK_DGRAM : SOCK_STREAM;
  int fd = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return 0;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  socklen_t size = sizeof address;
  bool is_bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  return is_bound ? ntohs(address.sin_port) : 0;
}

}  // namespace skein::agent
