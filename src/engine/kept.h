// An answer kept until something may have changed it. Pure.
//
//   if (const T* answer = kept.get(now)) return *answer;
//   auto asked = kept.begin();                       // before the question
//   … the question, during which changes may be told …
//   kept.keep(asked, answer, now);                   // not if there was one
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace skein::engine {

template <class T>
class Kept {
 public:
  // Not kept for longer than this, for changes that nobody tells of.
  explicit Kept(Duration age_max) : age_max_(age_max) {}

  // What is kept may be wrong from now on, and so may the answers to questions that are under way.
  void spoil() {
    ++changes_;
    is_true_ = false;
  }
  // As long as nobody would tell of changes, nothing is kept.
  void set_is_told(bool is_told) {
    spoil();
    is_told_ = is_told;
  }

  uint64_t begin() const { return changes_; }
  void keep(uint64_t asked, T answer, TimePoint now) {
    if (!is_told_ || asked != changes_) return;
    answer_ = std::move(answer);
    since_ = now;
    is_true_ = true;
  }
  const T* get(TimePoint now) const { return is_true_ && now - since_ <= age_max_ ? &*answer_ : nullptr; }
  // The last answer that was kept, which may be wrong by now.
  const T* last() const { return answer_ ? &*answer_ : nullptr; }

 private:
  Duration age_max_;
  bool is_told_ = false;
  bool is_true_ = false;
  uint64_t changes_ = 0;
  std::optional<T> answer_;
  TimePoint since_;
};

}  // namespace skein::engine
