// What names mean on the networks of one container: the snapshot that answers are derived from.
//
// Names are kept in lower case. A zone is built of records and never patched, so no stale name can stay in it.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"

namespace skein::names {

// All names of one network.
class Zone {
 public:
  explicit Zone(std::string network_name) : network_name_(std::move(network_name)) {}
  virtual ~Zone() = default;

  // Several endpoints may share a name (an alias): it then has all their addresses.
  void add_name(std::string_view name, Ipv4 address);
  // The canonical name of an address, for reverse look-ups: "web" becomes "web.<network>".
  void set_pointer(Ipv4 address, std::string_view name);

  const std::string& network_name() const { return network_name_; }
  // In ascending order; null when the name is unknown. `name` in any case.
  virtual const std::set<Ipv4>* find(std::string_view name) const;
  virtual const std::string* pointer(Ipv4 address) const;

 private:
  std::string network_name_;
  std::map<std::string, std::set<Ipv4>, std::less<>> names_;
  std::map<Ipv4, std::string> pointers_;
};

// The networks of one container in the order in which they are asked: overlay networks before local ones.
using Zones = std::vector<std::shared_ptr<const Zone>>;

std::string to_lower(std::string_view text);

}  // namespace skein::names
