#include "control/allocator/number_runs.h"

#include <algorithm>
#include <iterator>

#include "base/result.h"

namespace skein::control {

bool NumberRuns::contains(uint32_t number) const {
  auto after = runs_.upper_bound(number);
  return after != runs_.begin() && std::prev(after)->second >= number;
}

bool NumberRuns::insert(uint32_t number) {
  if (contains(number)) return false;
  ++size_;
  auto after = runs_.upper_bound(number);
  uint32_t last = number;
  if (after != runs_.end() && after->first - 1 == number) {
    last = after->second;
    after = runs_.erase(after);
  }
  if (after != runs_.begin() && std::prev(after)->second + 1 == number)
    std::prev(after)->second = last;
  else
    runs_.emplace_hint(after, number, last);
  return true;
}

bool NumberRuns::erase(uint32_t number) {
  if (!contains(number)) return false;
  SKEIN_ASSERT(size_ > 0);
  --size_;
  auto run = std::prev(runs_.upper_bound(number));
  SKEIN_ASSERT(run->first <= number && number <= run->second);
  uint32_t last = run->second;
  if (run->first == number)
    runs_.erase(run);
  else
    run->second = number - 1;
  if (last != number) runs_.emplace(number + 1, last);
  return true;
}

std::optional<uint32_t> NumberRuns::first_absent(uint32_t from, uint32_t last) const {
  if (from > last) return std::nullopt;
  auto after = runs_.upper_bound(from);
  if (after == runs_.begin() || std::prev(after)->second < from) return from;
  uint32_t end = std::prev(after)->second;
  if (end >= last) return std::nullopt;
  SKEIN_ASSERT((after == runs_.end() || after->first > end + 1) && "runs never touch");
  return end + 1;
}

uint64_t NumberRuns::count_in(uint32_t first, uint32_t last) const {
  uint64_t count = 0;
  auto run = runs_.upper_bound(first);
  if (run != runs_.begin()) --run;
  for (; run != runs_.end() && run->first <= last; ++run) {
    const uint32_t begin = std::max(run->first, first), end = std::min(run->second, last);
    if (begin <= end) count += uint64_t{end} - begin + 1;
  }
  return count;
}

}  // namespace skein::control
