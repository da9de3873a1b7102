// Secrets, or configs, as users change them: one transaction per request. On the loop's thread. Errors carry Docker's
// words, and leave everything as it was. Data is never logged.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "base/random.h"
#include "cluster/control.h"
#include "io/loop/task_scope.h"
#include "store/store.h"

namespace skein::manager {

template <class T>  // api::Secret or api::Config
class DependencyDesk final : public cluster::Dependencies<T> {
 public:
  using Spec = typename T::Spec;
  template <class V>
  using Reply = cluster::Reply<V>;

  DependencyDesk(io::TaskScope& tasks, store::Store& store, Random& random)
      : tasks_(tasks), store_(store), random_(random) {}

  Reply<std::string> create(Spec spec) override;
  Reply<void> update(std::string id, uint64_t version, Spec spec) override;
  Reply<void> remove(std::string id) override;

 private:
  Reply<std::string> make(Spec spec);
  Reply<void> change(std::string id, uint64_t version, Spec spec);
  Reply<void> drop(std::string id);

  io::TaskScope& tasks_;
  store::Store& store_;
  Random& random_;
};

extern template class DependencyDesk<store::api::Secret>;
extern template class DependencyDesk<store::api::Config>;

}  // namespace skein::manager
