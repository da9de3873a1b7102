#include "overlay/endpoints/local_networks.h"

#include <charconv>

#include "base/log.h"
#include "control/allocator/rebuild.h"

namespace skein::overlay {

namespace asio = boost::asio;
namespace api = store::api;

namespace {

// The subnets that Docker cuts local networks from.
control::AddressPools local_pools() {
  control::AddressPools out;
  out.subnet_bits = 16;
  out.pools.clear();
  for (int second = 17; second <= 31; ++second)
    out.pools.push_back(Subnet{Ipv4{uint32_t(172) << 24 | uint32_t(second) << 16}, 16});
  return out;
}

api::NetworkSpec default_bridge() {
  api::NetworkSpec spec;
  spec.mutable_annotations()->set_name(LocalNetworks::kDefaultName);
  spec.mutable_driver_config()->set_name("bridge");
  spec.set_attachable(true);
  return spec;
}

// The allocator serves overlay networks; a local network is one whose number is beyond those of VXLAN.
api::Network as_overlay(api::Network network) {
  network.mutable_spec()->mutable_driver_config()->set_name("overlay");
  network.mutable_driver_state()->set_name("overlay");
  return network;
}

api::Network as_local(api::Network network) {
  network.mutable_spec()->mutable_driver_config()->set_name("bridge");
  network.mutable_driver_state()->set_name("bridge");
  return network;
}

}  // namespace

asio::awaitable<Result<std::unique_ptr<LocalNetworks>>> LocalNetworks::open(
    store::Store& store, Random& random, std::vector<control::HostPrefix> host_prefixes) {
  control::Allocator allocator(local_pools());
  for (const auto& [id, network] : store.view().all<api::Network>())
    if (auto restored = allocator.restore_network(as_overlay(*network)); !restored.ok())
      log_error("local-network-not-restored", {{"network", id}, {"why", restored.error().text()}});
  std::unique_ptr<LocalNetworks> out(new LocalNetworks(store, random, std::move(host_prefixes), std::move(allocator)));
  if (!out->find(kDefaultName).ok()) {
    auto made = co_await out->create(default_bridge());
    if (!made.ok()) co_return made.error();
  }
  co_return out;
}

Result<store::Ref<api::Network>> LocalNetworks::find(const std::string& name_or_id) const {
  return store_.view().find<api::Network>(name_or_id == "default" ? kDefaultName : name_or_id);
}

NetworkInfo LocalNetworks::info(const api::Network& network) const {
  NetworkInfo out;
  out.id = network.id();
  out.name = model::name_of(network);
  if (auto vni = model::vni_of(network); vni.ok()) out.vni = Vni{vni->value + Vni::kMax + 1};
  if (auto gateway = model::gateway_of(network); gateway.ok()) {
    out.gateway = gateway->address;
    out.subnet = gateway->subnet();
  }
  out.is_internal = network.spec().internal();
  out.is_local = true;
  out.is_default_bridge = out.name == kDefaultName;
  const auto& options = network.spec().driver_config().options();
  if (auto mtu = options.find(std::string(model::kMtuOption)); mtu != options.end()) {
    uint32_t value = 0;
    std::from_chars(mtu->second.data(), mtu->second.data() + mtu->second.size(), value);
    if (value > 0) out.underlay_mtu_bytes = value;
  }
  return out;
}

asio::awaitable<Result<std::string>> LocalNetworks::create(api::NetworkSpec spec) {
  api::Network network;
  network.set_id(random_.hex(64));
  *network.mutable_spec() = std::move(spec);
  const std::string name = model::name_of(network);
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    if (!tx.view().table<api::Network>().named(name).empty())
      return make_error(Code::kAlreadyExists, "network with name " + name + " already exists");
    SKEIN_TRY_ASSIGN(api::Network allocated, allocator_.allocate_network(as_overlay(network), host_prefixes_));
    network = as_local(std::move(allocated));
    tx.create(network);
    return {};
  });
  if (!done.ok()) {
    allocator_.release_network(network.id());
    co_return done.error();
  }
  co_return network.id();
}

asio::awaitable<Result<void>> LocalNetworks::remove(std::string id) {
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    auto network = tx.view().get<api::Network>(id);
    if (!network) return make_error(Code::kNotFound, "network " + id + " not found");
    if (model::name_of(*network) == kDefaultName)
      return make_error(Code::kPermissionDenied,
                        std::string(kDefaultName) + " is a pre-defined network and cannot be removed");
    tx.remove<api::Network>(id);
    return {};
  });
  if (done.ok()) allocator_.release_network(id);
  co_return done;
}

Result<Ipv4> LocalNetworks::take_address(const std::string& network_id, std::optional<Ipv4> wanted) {
  SKEIN_TRY_ASSIGN(std::string text, allocator_.allocate_address(network_id, wanted ? wanted->text() : ""));
  SKEIN_TRY_ASSIGN(InterfaceAddress address, InterfaceAddress::parse(text));
  return address.address;
}

void LocalNetworks::give_back(const std::string& network_id, Ipv4 address) {
  allocator_.release_address(network_id, address.text());
}

void LocalNetworks::keep_address(const std::string& network_id, Ipv4 address) {
  if (auto kept = allocator_.restore_address(network_id, address.text()); !kept.ok())
    log_error("local-address-lost",
              {{"network", network_id}, {"address", address.text()}, {"why", kept.error().text()}});
}

}  // namespace skein::overlay
