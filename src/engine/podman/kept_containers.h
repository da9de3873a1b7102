// The list of containers, kept from question to question. A change costs a question about what changed, and none if it
// is known to be gone. Pure.
//
//   if (const ContainerList* list = kept.get(now)) return *list;
//   auto question = kept.ask(now);                   // before the engine is asked
//   … the engine's answer to it goes into question.list, while changes may be told …
//   kept.keep(question, now);                        // not if there was one
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/time/clock.h"
#include "engine/podman/changes.h"
#include "engine/podman/container_list.h"

namespace skein::engine {

class KeptContainers {
 public:
  // Not kept for longer than this, for changes that nobody tells of.
  explicit KeptContainers(Duration age_max) : age_max_(age_max) {}

  // What is kept may be wrong from now on, and so may the answers to questions that are under way.
  void note(const ContainersChange& change);
  // As long as nobody would tell of changes, nothing is kept.
  void set_is_told(bool is_told);

  const ContainerList* get(TimePoint now) const;

  struct Question {
    bool is_of_all = true;
    std::set<std::string> ids;  // of whom, if not of all
    ContainerList list;         // as it was
    uint64_t changes = 0;
  };
  Question ask(TimePoint now) const;
  void keep(Question question, TimePoint now);

 private:
  static constexpr size_t kIdsMax = 16;  // more are asked for with all others

  bool is_old(TimePoint now) const { return now - since_ > age_max_; }

  Duration age_max_;
  bool is_told_ = false;
  bool is_all_unknown_ = true;
  std::set<std::string> unknown_;  // ids
  uint64_t changes_ = 0;
  ContainerList list_;
  TimePoint since_;  // when all of it was asked for
};

}  // namespace skein::engine
