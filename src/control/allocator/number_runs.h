// A set of 32-bit numbers kept as maximal runs, so that dense sets of any span stay small and the next absent number is
// found in logarithmic time: for addresses of a subnet and for VNIs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

namespace skein::control {

class NumberRuns {
 public:
  bool contains(uint32_t number) const;
  bool insert(uint32_t number);  // false if it was in
  bool erase(uint32_t number);   // false if it was not in
  uint64_t size() const { return size_; }
  uint64_t count_in(uint32_t first, uint32_t last) const;  // of the numbers from `first` to `last`

  // The lowest absent number from `from` on, up to and including `last`.
  std::optional<uint32_t> first_absent(uint32_t from, uint32_t last) const;

 private:
  std::map<uint32_t, uint32_t> runs_;  // first -> last; neighbours never touch
  uint64_t size_ = 0;
};

}  // namespace skein::control
