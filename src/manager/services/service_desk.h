// Services as users change them: checks, virtual addresses, and one transaction per request.
//
// On the loop's thread. What has been asked for is carried out by the control pass, which watches the store. Errors
// carry Docker's words, and leave everything as it was.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "io/loop/task_scope.h"
#include "store/store.h"

namespace skein::manager {

class ServiceDesk {
 public:
  template <class T>
  using Reply = boost::asio::awaitable<Result<T>>;
  using Warnings = std::vector<std::string>;  // for the user; the request was done nevertheless

  ServiceDesk(io::TaskScope& tasks, store::Store& store, Random& random)
      : tasks_(tasks), store_(store), random_(random) {}

  struct Created {
    std::string id;
    Warnings warnings;
  };
  // A spec without a name gets one.
  Reply<Created> create(store::api::ServiceSpec spec);

  // `version` is the service's, as the user read it. With `wants_rollback` the spec is the previous one, whatever
  // stands in `spec`, and the present one becomes the previous.
  Reply<Warnings> update(std::string id, uint64_t version, store::api::ServiceSpec spec, bool wants_rollback);

  // Its addresses are free at once; its tasks are stopped later.
  Reply<void> remove(std::string id);

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
