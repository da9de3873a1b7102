// Counts the starts and restarts of a container that are in progress, during which its exits say nothing.
#pragma once

#include "api/containers/containers.h"

namespace skein::api {

class Containers::Busy {
 public:
  Busy(Containers& containers, std::string id) : containers_(containers), id_(std::move(id)) {
    ++containers_.busy_[id_];
  }
  ~Busy() {
    if (--containers_.busy_[id_] != 0) return;
    containers_.busy_.erase(id_);
    if (containers_.exited_while_busy_.erase(id_))
      containers_.tasks_.spawn("container-exit", containers_.after_exit(id_));
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  Containers& containers_;
  std::string id_;
};

}  // namespace skein::api
