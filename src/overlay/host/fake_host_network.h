// A host's kernel and resolvers that only take note. For tests only.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "overlay/host/host_network.h"
#include "plan/merge.h"

namespace skein::overlay {

struct FakeHostNetwork : HostNetwork {
  std::set<std::string> namespaces;  // paths
  std::vector<plan::Intent> applied;
  int read_backs = 0;     // applied without knowing what is held
  size_t looked_for = 0;  // links that may be gone
  plan::ApplyFailures apply_result;
  std::set<std::string> lost;       // namespaces that were there once, with the links into them
  std::set<std::string> unmounted;  // their links work, but there is no path to them
  std::set<std::string> served;     // containers with a resolver
  ZonesOf zones_of;

  Result<std::string> make_namespace(const std::string& key) override {
    lost.erase("/run/skein/netns/" + key);
    return *namespaces.insert("/run/skein/netns/" + key).first;
  }
  Result<void> delete_namespace(const std::string& path) override {
    namespaces.erase(path);
    return {};
  }
  std::set<std::string> missing_namespaces(const std::set<std::string>& paths) override {
    std::set<std::string> out;
    for (const auto& path : paths)
      if (lost.contains(path) || unmounted.contains(path)) out.insert(path);
    return out;
  }
  // A change is judged from what was held, which must be what was applied last but for links that are looked for.
  plan::ApplyFailures apply_since(const plan::Intent& wanted, const plan::Intent& held) override {
    SKEIN_ASSERT(!applied.empty());
    plan::Intent before = applied.back();
    looked_for += std::erase_if(before.links, [&](const auto& link) { return !held.links.contains(link.first); });
    SKEIN_ASSERT(before == held);
    --read_backs;
    return apply(wanted);
  }
  plan::ApplyFailures carry_out(const plan::Changes& changes, const plan::Intent& wanted) override {
    SKEIN_ASSERT(!applied.empty() && plan::differ_in_tables_only(wanted, applied.back()));
    SKEIN_ASSERT(changes.operations == plan::diff_of_tables(wanted, applied.back()).operations);
    return apply_since(wanted, applied.back());
  }
  // Links into lost namespaces cannot be made.
  plan::ApplyFailures apply(const plan::Intent& wanted) override {
    applied.push_back(wanted);
    ++read_backs;
    plan::ApplyFailures out = apply_result;
    for (const auto& [name, link] : wanted.links)
      if (lost.contains(link.endpoint.netns_path))
        out.add(plan::CreateLink{link}, make_error(Code::kNotFound, "no " + link.endpoint.netns_path));
    return out;
  }
  std::map<Ipv4, plan::HostPath> paths_to(const std::set<Ipv4>& hosts, bool) override {
    std::map<Ipv4, plan::HostPath> out;
    for (Ipv4 host : hosts) out[host].interface_index = 2;
    return out;
  }
  plan::ReadBack read_back;
  const plan::ReadBack& last_read_back() const override { return read_back; }
  std::map<std::string, uint64_t> packets;
  Result<std::map<std::string, uint64_t>> packet_counters() override { return packets; }
  PathListener tell_paths;  // what the kernel would
  boost::asio::awaitable<void> watch_paths(PathListener listener) override {
    tell_paths = std::move(listener);
    co_return;
  }
  Result<uint32_t> interface_of(Ipv4) override { return 2u; }
  Result<Ipv4> own_address() override { return *Ipv4::parse("192.168.1.11"); }
  std::vector<Ipv4> asked;
  bool answers = true;
  boost::asio::awaitable<bool> ask(Ipv4 host) override {
    asked.push_back(host);
    co_return answers;
  }
  std::vector<PortHolder> holders;
  std::optional<Error> holders_unknown;  // why nobody can tell
  int looks = 0;                         // for holders
  boost::asio::awaitable<Result<std::vector<PortHolder>>> find_port_holders(PublishedPorts ports) override {
    ++looks;
    if (holders_unknown) co_return *holders_unknown;
    std::vector<PortHolder> out;
    for (const PortHolder& holder : holders)
      if (ports.contains({holder.protocol, std::nullopt, holder.port})) out.push_back(holder);
    co_return out;
  }
  // One that runs whenever it is asked to, unless it is to fail.
  struct FakeEncryptor final : Encryptor {
    FakeEncryptor(FakeHostNetwork& owner, EncryptorLost on_lost) : host(owner), lost(std::move(on_lost)) {}
    boost::asio::awaitable<Result<uint64_t>> start() override {
      if (host.encryptor_fails) co_return *host.encryptor_fails;
      host.is_encryptor_running = true;
      ++host.encryptor_starts;
      co_return host.epoch;
    }
    boost::asio::awaitable<Result<void>> configure(esp::Config config) override {
      host.encryptor_configs.push_back(std::move(config));
      co_return Result<void>();
    }
    boost::asio::awaitable<Result<esp::Status>> status() override { co_return host.encryptor_status; }
    void stop() override {
      host.is_encryptor_running = false;
      ++host.encryptor_stops;
      if (host.backend.is_kernel) host.epoch += 100;  // its states are gone
    }
    FakeHostNetwork& host;
    EncryptorLost lost;
  };
  uint64_t epoch = 7;
  std::optional<Error> encryptor_fails;
  bool is_encryptor_running = false;
  esp::Status encryptor_status;
  int encryptor_starts = 0;
  int encryptor_stops = 0;
  std::vector<esp::Config> encryptor_configs;
  FakeEncryptor* encryptor = nullptr;
  uint32_t esp_device = 5;
  uint32_t encryption_device() override { return esp_device; }
  EncryptionBackend backend;
  const EncryptionBackend& encryption_backend() const override { return backend; }
  std::unique_ptr<Encryptor> make_encryptor(EncryptorLost on_lost) override {
    auto out = std::make_unique<FakeEncryptor>(*this, std::move(on_lost));
    encryptor = out.get();
    return out;
  }
  std::unique_ptr<NameService> serve_names(ZonesOf zones) override {
    struct Names final : NameService {
      explicit Names(std::set<std::string>& served) : served(served) {}
      Result<void> serve(const DnsClient& client) override {
        served.insert(client.container_id);
        return {};
      }
      void stop(const std::string& container_id) override { served.erase(container_id); }
      std::set<std::string>& served;
    };
    zones_of = std::move(zones);
    return std::make_unique<Names>(served);
  }
};

}  // namespace skein::overlay
