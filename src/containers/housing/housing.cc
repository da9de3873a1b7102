#include "containers/housing/housing.h"

#include <filesystem>

#include "engine/values/json_fields.h"
#include "overlay/host/free_host_port.h"

namespace skein::containers {

using boost::asio::awaitable;
using engine::at;
using engine::text_of;
using nlohmann::json;

Result<std::optional<House>> Housing::build(const json& body) {
  if (!engine::is_managed_mode(text_of(at(body, "HostConfig"), "NetworkMode"))) return std::optional<House>();
  House house{engine::take_networking(body, random_.hex(16)), {}};
  SKEIN_TRY_ASSIGN(house.state.netns_path, networks_.prepare_namespace(house.record.key));
  if (auto written = write(house); !written.ok()) {
    raze(house);
    return written.error();
  }
  return std::optional(std::move(house));
}

json Housing::furnish(json body, const House& house) const {
  return engine::engine_spec(std::move(body), house.record, house.state.netns_path, folder_of(house.record.key));
}

std::optional<House> Housing::find(const std::string& container_id, const json& labels) const {
  auto record = engine::NetworkingRecord::from_labels(labels);
  if (!record || container_id.empty()) return std::nullopt;
  House house{std::move(*record), {}};
  if (auto state = overlay::read_container_state(folder_of(house.record.key)); state.ok())
    house.state = std::move(*state);
  house.state.id = container_id;
  return house;
}

awaitable<Result<House>> Housing::attach(House house, std::vector<std::string> open_ports, Asks asks) {
  SKEIN_CO_TRY_ASSIGN(house.state.netns_path, networks_.prepare_namespace(house.record.key));
  for (const auto& spec : open_ports)
    if (!house.state.assigned.contains(spec)) house.state.assigned[spec] = overlay::free_host_port(spec);
  SKEIN_CO_TRY_ASSIGN(auto request, asks(house));
  SKEIN_CO_TRY(co_await networks_.attach(std::move(request), house.state.netns_path));
  co_return house;
}

Result<void> Housing::write(const House& house, io::Durability durability) {
  const std::string& wanted = house.record.hostname;
  const std::string hostname = wanted.empty() ? house.state.id.substr(0, 12) : wanted;
  const std::string& domain = house.record.domainname;
  const std::string names = domain.empty() ? hostname : hostname + "." + domain + " " + hostname;
  std::vector<engine::HostEntry> own;
  for (const auto& endpoint : networks_.status(house.state.id)) own.push_back({endpoint.address.text(), names});
  return overlay::write_container_files(folder_of(house.record.key), house.state, house.record, own,
                                        {options_.resolv_conf, networks_.host_gateway()}, durability);
}

void Housing::raze(const House& house) {
  networks_.forget(house.state.id, house.state.netns_path);
  std::error_code ignored;
  std::filesystem::remove_all(folder_of(house.record.key), ignored);
}

void Housing::keep_only(const std::set<std::string>& keys) {
  std::error_code ec;
  for (const auto& folder : std::filesystem::directory_iterator(options_.files_folder, ec)) {
    if (keys.contains(folder.path().filename())) continue;
    auto state = overlay::read_container_state(folder.path());
    if (state.ok()) networks_.forget(state->id, state->netns_path);
    std::error_code ignored;
    std::filesystem::remove_all(folder.path(), ignored);
  }
}

}  // namespace skein::containers
