// Part of keeper.h.
#pragma once

#include "containers/life/keeper.h"

namespace skein::containers {

class Keeper::Busy {
 public:
  Busy(Keeper& keeper, std::string id) : keeper_(keeper), id_(std::move(id)) { ++keeper_.busy_[id_]; }
  ~Busy() {
    if (--keeper_.busy_[id_] != 0) return;
    keeper_.busy_.erase(id_);
    auto exited = keeper_.exited_while_busy_.extract(id_);
    if (!exited.empty()) keeper_.tasks_.spawn("container-exit", keeper_.after_exit(std::move(exited.mapped())));
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  Keeper& keeper_;
  std::string id_;
};

}  // namespace skein::containers
