// Tasks of one service are alike but for a few fields: what they have in common is kept once, so that a hundred
// thousand tasks fit into a manager. Objects in the tables never change, so nobody notices; a copy of one has parts of
// its own.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "model/objects.h"

namespace skein::store {

class SharedParts {
 public:
  // The task as it is to be kept.
  std::shared_ptr<const model::api::Task> keep(model::api::Task task);
  template <class T>
  std::shared_ptr<const T> keep(T object) {
    return std::make_shared<const T>(std::move(object));
  }

  size_t size() const { return parts_.size(); }

 private:
  using Part = std::shared_ptr<google::protobuf::Message>;
  // The part that is kept with these contents; `part` itself if there was none.
  Part shared(google::protobuf::Message* part);
  void forget_unused();

  std::unordered_map<std::string, std::weak_ptr<google::protobuf::Message>> parts_;  // by type and contents
  size_t size_at_cleaning_ = 1'000;
};

}  // namespace skein::store
