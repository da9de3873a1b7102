// Which VNIs are taken, by whom, and which come next: next-fit from 4096 up, so that a freed one, for which peers may
// still have a tunnel, is not used again at once.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "control/allocator/number_runs.h"

namespace skein::control {

inline constexpr uint32_t kVniFirst = 4096;  // of automatic ones; users may ask for lower ones

class VniTable {
 public:
  // Takes `count` VNIs, or none: the wanted ones in their order, then any; a wanted 0 means any, too.
  Result<std::vector<Vni>> take(std::span<const Vni> wanted, size_t count, const std::string& network_name);

  // Takes those that a stored network holds; automatic ones go on from where they were.
  Result<void> hold(std::span<const Vni> vnis, const std::string& network_name);
  // As hold(), but automatic ones continue behind them.
  Result<void> restore(std::span<const Vni> vnis, const std::string& network_name);

  void release(std::span<const Vni> vnis);

 private:
  Result<void> check_wanted(std::span<const Vni> wanted) const;

  NumberRuns taken_;
  std::map<Vni, std::string> owners_;
  uint32_t next_ = kVniFirst;
};

}  // namespace skein::control
