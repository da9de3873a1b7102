// The believed records of one network, found by what they say: so that a change costs as much as it touches. Pure.
//
// These hang together: an address, the virtual address that a record there claims to be a backend of, the records that
// claim the same virtual address, and the virtual addresses that claim the same published port. What the data path
// needs for any of them is derived from all of them (plan/compile.h), and from nothing else.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "overlay/endpoints/endpoint_record.h"
#include "overlay/peers/remote_record.h"

namespace skein::overlay {

// An endpoint of this host as a backend.
struct OwnClaim {
  Ipv4 address, virtual_ip;
  std::vector<plan::ServicePort> ports;
};
// Protocol and number of a published port.
using PortNumber = std::pair<uint8_t, uint16_t>;

class RemoteIndex {
 public:
  using Keys = std::set<std::string>;  // of records

  // What the data path needs of a record, so that its bytes are read once.
  struct Facts {
    Ipv4 address;
    Ipv4 host;
    std::optional<Mac> mac;          // none: the peer record is none
    bool is_docker_engines = false;  // the peer record has no word of ours
    uint64_t esp_epoch = 0;
    bool is_esp_in_kernel = false;
    bool takes_ipv6 = false;
    std::optional<BackendClaim> claim;
    bool is_silent = false;
  };

  void add(const RemoteRecord& record);
  void set_silent(const std::string& key) { facts_.at(key).is_silent = true; }
  // Returns the virtual address of which it was a backend.
  std::optional<Ipv4> remove(const RemoteRecord& record);

  // In the order of addresses, and of keys for each; those of these addresses only, if there are such.
  std::vector<const Facts*> facts(const std::set<Ipv4>* addresses = nullptr) const;
  Keys at(Ipv4 address) const;
  Keys named(const std::string& lower_case_name) const;
  // Of tasks whose owner waits for receipts.
  const Keys& draining() const { return draining_; }
  // Tunnel endpoints, with the number of records that name them.
  const std::map<Ipv4, size_t>& hosts() const { return hosts_; }

  // What each of them tells of how it encrypts, with the number of records that say so.
  struct EspWord {
    bool is_docker_engine = false;
    uint64_t epoch = 0;  // 0: none
    bool is_in_kernel = false;
    auto operator<=>(const EspWord&) const = default;
  };
  const std::map<Ipv4, std::map<EspWord, size_t>>& esp_words() const { return esp_words_; }

  // What hangs together with these addresses, and they themselves. `ports` led to one of them until now: whoever else
  // claims them does so as well.
  std::set<Ipv4> connected(const std::set<Ipv4>& addresses, const std::vector<OwnClaim>& own,
                           const std::set<PortNumber>& ports = {}) const;

 private:
  std::map<std::string, Facts> facts_;  // by key
  std::map<Ipv4, std::map<std::string, const Facts*>> by_address_;
  std::map<std::string, Keys, std::less<>> by_name_;
  using Claims = std::unordered_map<uint32_t, std::map<Ipv4, size_t>>;  // with the number of records that say so

  Claims claims_on_;  // virtual address -> addresses of its backends
  Claims claims_at_;  // address of a backend -> virtual addresses
  // The same between virtual addresses and published ports.
  std::unordered_map<uint32_t, std::map<PortNumber, size_t>> ports_of_;
  std::map<PortNumber, std::map<Ipv4, size_t>> claims_of_ports_;
  std::map<Ipv4, size_t> hosts_;
  std::map<Ipv4, std::map<EspWord, size_t>> esp_words_;
  Keys draining_;
};

}  // namespace skein::overlay
