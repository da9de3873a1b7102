#include "names/zone.h"

#include "base/result.h"

namespace skein::names {

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

void Zone::add_name(std::string_view name, Ipv4 address) {
  if (!name.empty()) names_[to_lower(name)].insert(address);
}

void Zone::set_pointer(Ipv4 address, std::string_view name) {
  pointers_[address] = std::string(name) + "." + network_name_;
}

const std::set<Ipv4>* Zone::find(std::string_view name) const {
  auto found = names_.find(to_lower(name));
  SKEIN_ASSERT(found == names_.end() || !found->second.empty());
  return found == names_.end() ? nullptr : &found->second;
}

const std::string* Zone::pointer(Ipv4 address) const {
  auto found = pointers_.find(address);
  return found == pointers_.end() ? nullptr : &found->second;
}

}  // namespace skein::names
