#include "control/allocator/vni_table.h"

#include <algorithm>

namespace skein::control {

Result<std::vector<Vni>> VniTable::take(std::span<const Vni> wanted, size_t count, const std::string& network_name) {
  if (wanted.size() > count)
    return make_error(Code::kInvalidArgument, "more VXLAN ids than subnets",
                      std::to_string(wanted.size()) + " ids for " + std::to_string(count) + " subnets",
                      "give one id for each --subnet");
  SKEIN_TRY(check_wanted(wanted));

  std::vector<Vni> out(wanted.begin(), wanted.end());
  out.resize(count);
  const uint32_t next_before = next_;
  // Wanted ones first, lest an automatic one of the same network takes them.
  for (Vni vni : wanted)
    if (vni.value != 0) taken_.insert(vni.value);
  for (Vni& vni : out) {
    if (vni.value != 0) continue;
    auto found = taken_.first_absent(next_, Vni::kMax);
    if (!found) found = taken_.first_absent(kVniFirst, Vni::kMax);
    if (!found) {
      for (Vni mine : out) taken_.erase(mine.value);
      next_ = next_before;
      return make_error(Code::kResourceExhausted, "no VXLAN id is left", "all from 4096 up are in use",
                        "remove a network");
    }
    SKEIN_ASSERT(*found <= Vni::kMax);
    vni.value = *found;
    taken_.insert(*found);
    next_ = *found + 1;
  }
  for (Vni vni : out) {
    const bool is_new = owners_.emplace(vni, network_name).second;
    SKEIN_ASSERT(is_new && taken_.contains(vni.value));
  }
  return out;
}

Result<void> VniTable::check_wanted(std::span<const Vni> wanted) const {
  NumberRuns seen;
  for (Vni vni : wanted) {
    if (vni.value == 0) continue;
    if (taken_.contains(vni.value))
      return make_error(Code::kInvalidArgument, "VXLAN id " + std::to_string(vni.value) + " is already in use",
                        "network " + owners_.at(vni) + " has it", "choose another id, or none for an automatic one");
    if (!seen.insert(vni.value))
      return make_error(Code::kInvalidArgument, "VXLAN id " + std::to_string(vni.value) + " is given twice");
  }
  return {};
}

Result<void> VniTable::hold(std::span<const Vni> vnis, const std::string& network_name) {
  SKEIN_TRY(take(vnis, vnis.size(), network_name));
  return {};
}

Result<void> VniTable::restore(std::span<const Vni> vnis, const std::string& network_name) {
  SKEIN_TRY(hold(vnis, network_name));
  for (Vni vni : vnis) next_ = std::max(next_, vni.value + 1);
  return {};
}

void VniTable::release(std::span<const Vni> vnis) {
  for (Vni vni : vnis) {
    const bool was_taken = taken_.erase(vni.value), had_owner = owners_.erase(vni) > 0;
    SKEIN_ASSERT(was_taken == had_owner);
  }
}

}  // namespace skein::control
