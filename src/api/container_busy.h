// Counts the starts and restarts of a container that are in progress, during which its exits say nothing.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "api/containers.h"

namespace skein::api {

class Containers::Busy {
 public:
  Busy(Containers& containers, std::string id) : containers_(containers), id_(std::move(id)) {
    ++containers_.busy_[id_];
  }
  ~Busy() {
    if (!*is_alive_) return;
    if (--containers_.busy_[id_] != 0) return;
    containers_.busy_.erase(id_);
    if (containers_.exited_while_busy_.erase(id_))
      boost::asio::co_spawn(containers_.loop_, containers_.after_exit(id_), boost::asio::detached);
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  Containers& containers_;
  std::shared_ptr<bool> is_alive_ = containers_.is_alive_;
  std::string id_;
};

}  // namespace skein::api
