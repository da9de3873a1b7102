// A service's next state, with its history: previous spec, spec version, update status, job iteration. Pure.
#pragma once

#include "base/result.h"
#include "base/time/clock.h"
#include "model/objects.h"

namespace skein::manager {

// The time and the store's index of the transaction that writes the service.
struct WriteStamp {
  WallTime now;
  uint64_t index = 0;
};

// A new service; tasks are made of its spec in version `index`.
model::api::Service first_revision(std::string id, model::api::ServiceSpec spec, WriteStamp stamp);

// With another spec. What an earlier update came to is forgotten; a job starts over.
model::api::Service next_revision(const model::api::Service& before, model::api::ServiceSpec spec, WriteStamp stamp);

// With the previous spec and its version, so that the tasks made of it count as up to date. kFailedPrecondition when
// there is none.
Result<model::api::Service> rolled_back(const model::api::Service& before, WriteStamp stamp);

}  // namespace skein::manager
