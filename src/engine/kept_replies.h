// The engine's answers to questions that every tool repeats, by target, kept until something may have changed. As Kept,
// for many answers. Pure.
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "io/http/client.h"

namespace skein::engine {

class KeptReplies {
 public:
  // None is kept for longer than `age_max`, and no more than `count_max` of them.
  KeptReplies(Duration age_max, size_t count_max) : age_max_(age_max), count_max_(count_max) {}

  // What is kept may be wrong from now on, and so may the answers to questions that are under way.
  void spoil();
  // As long as nobody would tell of changes, nothing is kept.
  void set_is_told(bool is_told);

  uint64_t begin() const { return changes_; }
  // `asked`: what begin() said before the question.
  void keep(uint64_t asked, const std::string& target, const io::http::Reply& reply, TimePoint now);
  const io::http::Reply* get(const std::string& target, TimePoint now) const;

 private:
  struct Entry {
    io::http::Reply reply;
    TimePoint since;
  };
  Duration age_max_;
  size_t count_max_;
  bool is_told_ = false;
  uint64_t changes_ = 0;
  std::map<std::string, Entry> entries_;
};

}  // namespace skein::engine
