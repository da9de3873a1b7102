#include "overlay/host/container_files.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text/json_text.h"
#include "engine/values/json_fields.h"

namespace skein::overlay {

using engine::text_of;
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

std::string read_resolv_conf(const std::string& path) {
  std::string text = read_text_file(path);
  const auto servers = engine::name_servers(text);
  if (servers.size() != 1 || servers[0] != "127.0.0.53") return text;
  std::string behind = read_text_file("/run/systemd/resolve/resolv.conf");
  return behind.empty() ? text : behind;
}

std::vector<engine::WantedNetwork> networks_of(const engine::NetworkingRecord& record, const ContainerState& state) {
  return state.networks ? *state.networks : record.networks();
}

Result<void> write_container_state(const std::string& folder, const ContainerState& state, io::Durability durability) {
  std::error_code ec;
  std::filesystem::create_directories(folder, ec);
  if (ec) return make_error(Code::kUnavailable, "create " + folder, ec.message());
  json text{{"id", state.id}, {"netns", state.netns_path}, {"ports", state.assigned}};
  if (state.networks) {
    text["networks"] = json::array();
    for (const auto& network : *state.networks)
      text["networks"].push_back({{"name", network.name}, {"id", network.id}, {"settings", network.settings}});
  }
  for (const auto& link : state.links) text["links"].push_back({{"address", link.address}, {"names", link.names}});
  if (!state.unlinked.empty()) text["unlinked"] = state.unlinked;
  const std::string bytes = json_text(text);
  // What was synced is not put at risk for nothing: some file systems lose both when a rename was not.
  if (durability == io::Durability::kLeftToKernel && read_text_file(folder + "/state.json") == bytes) return {};
  return io::write_file_atomically(folder + "/state.json", bytes, 0600, durability);
}

Result<ContainerState> read_container_state(const std::string& folder) {
  auto value = json::parse(read_text_file(folder + "/state.json"), nullptr, false);
  if (!value.is_object()) return make_error(Code::kDataLoss, "no state in " + folder);
  ContainerState state;
  state.id = text_of(value, "id");
  state.netns_path = text_of(value, "netns");
  const json ports = engine::object_of(value, "ports");
  for (const auto& [spec, port] : ports.items())
    if (port.is_number_unsigned()) state.assigned[spec] = port.get<uint16_t>();
  if (const json& networks = engine::at(value, "networks"); networks.is_array()) {
    state.networks.emplace();
    for (const json& network : networks)
      state.networks->push_back(
          {text_of(network, "name"), text_of(network, "id"), engine::object_of(network, "settings")});
  }
  for (const json& link : engine::at(value, "links"))
    state.links.push_back({text_of(link, "address"), text_of(link, "names")});
  for (std::string& alias : engine::texts_of(value, "unlinked")) state.unlinked.insert(std::move(alias));
  return state;
}

Result<void> write_container_files(const std::string& folder, const ContainerState& state,
                                   const engine::NetworkingRecord& record, const std::vector<engine::HostEntry>& own,
                                   const HostFacts& host, io::Durability durability) {
  if (engine::asks_for_host_gateway(record) && !host.gateway.ok())
    return make_error(Code::kUnknown, "unable to derive the IP value for host-gateway", host.gateway.error().text());
  const std::string gateway = host.gateway.ok() ? host.gateway->text() : "";
  SKEIN_TRY(write_container_state(folder, state, durability));
  std::vector<engine::HostEntry> entries = state.links;
  entries.insert(entries.end(), own.begin(), own.end());
  SKEIN_TRY(write_in_place(folder + "/hosts", engine::format_hosts(record, entries, gateway)));
  return write_in_place(folder + "/resolv.conf", engine::format_resolv_conf(record, networks_of(record, state),
                                                                            read_resolv_conf(host.resolv_conf)));
}

}  // namespace skein::overlay
