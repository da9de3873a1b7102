// Services as users change them: checks, virtual addresses, and one transaction per request.
//
// On the loop's thread. What has been asked for is carried out by the control pass, which watches the store. Errors
// carry Docker's words, and leave everything as it was.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "cluster/control.h"
#include "io/loop/task_scope.h"
#include "store/store.h"

namespace skein::manager {

class ServiceDesk final : public cluster::Services {
 public:
  template <class T>
  using Reply = cluster::Reply<T>;
  using Warnings = cluster::Warnings;
  using Created = cluster::CreatedService;

  ServiceDesk(io::TaskScope& tasks, store::Store& store, Random& random)
      : tasks_(tasks), store_(store), random_(random) {}

  Reply<Created> create(store::api::ServiceSpec spec) override;
  Reply<Warnings> update(std::string id, uint64_t version, store::api::ServiceSpec spec, bool wants_rollback) override;
  Reply<void> remove(std::string id) override;

 private:
  Reply<Created> make(store::api::ServiceSpec spec);
  Reply<Warnings> change(std::string id, uint64_t version, store::api::ServiceSpec spec, bool wants_rollback);
  Reply<void> drop(std::string id);
  Result<void> decide_create(store::Transaction& tx, store::api::Service& service);
  Warnings warnings_of(const store::api::ServiceSpec& spec, const store::Tables& view) const;

  io::TaskScope& tasks_;
  store::Store& store_;
  Random& random_;
};

}  // namespace skein::manager
