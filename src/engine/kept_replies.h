// The engine's answers to questions that every tool repeats, by target, kept until something may have changed. As Kept,
// for many answers, of which each may have a subject, so that a change of one leaves the others. Pure.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/time/clock.h"
#include "io/http/http_client.h"

namespace skein::engine {

template <class Subject = Unit>
class KeptReplies {
 public:
  // None is kept for longer than `age_max`, and no more than `count_max` of them.
  KeptReplies(Duration age_max, size_t count_max) : age_max_(age_max), count_max_(count_max) {}

  // What is kept may be wrong from now on, and so may the answers to questions that are under way.
  void spoil() {
    ++changes_;
    entries_.clear();
  }
  // The same, but those whose subjects have not changed are still true.
  template <class IsChanged>
  void spoil_if(IsChanged is_changed) {
    ++changes_;
    std::erase_if(entries_, [&](const auto& entry) { return is_changed(entry.second.subject); });
  }
  // As long as nobody would tell of changes, nothing is kept.
  void set_is_told(bool is_told) {
    spoil();
    is_told_ = is_told;
  }

  uint64_t begin() const { return changes_; }
  // `asked`: what begin() said before the question.
  void keep(uint64_t asked, const std::string& target, const io::http::Reply& reply, TimePoint now,
            Subject subject = {}) {
    if (!is_told_ || asked != changes_) return;
    if (entries_.size() >= count_max_ && !entries_.contains(target)) entries_.clear();
    entries_[target] = {reply, now, std::move(subject)};
  }
  const io::http::Reply* get(const std::string& target, TimePoint now) const {
    const auto found = entries_.find(target);
    return found != entries_.end() && now - found->second.since <= age_max_ ? &found->second.reply : nullptr;
  }

 private:
  struct Entry {
    io::http::Reply reply;
    TimePoint since;
    Subject subject;
  };
  Duration age_max_;
  size_t count_max_;
  bool is_told_ = false;
  uint64_t changes_ = 0;
  std::map<std::string, Entry> entries_;
};

}  // namespace skein::engine
