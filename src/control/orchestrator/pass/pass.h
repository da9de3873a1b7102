// One look at one service: the transaction it happens in, and when to look again.
#pragma once

#include <optional>
#include <string>

#include "base/random.h"
#include "control/orchestrator/place/service_places.h"
#include "store/store.h"

namespace skein::control {

class Pass {
 public:
  // The service must exist.
  Pass(store::Transaction& tx, const std::string& service_id, Random& random)
      : tx_(tx), random_(random), service_(tx.view().get<api::Service>(service_id)) {
    SKEIN_ASSERT(service_);
  }

  const api::Service& service() const { return *service_; }
  const store::Tables& view() const { return tx_.view(); }
  const ServicePlaces& places() const { return view().index<ServicePlaces>(); }
  WallTime now() const { return tx_.now(); }
  store::Ref<api::Node> node(const std::string& id) const { return view().get<api::Node>(id); }

  // Places that a pass may still fill or empty, so that no transaction is without end. At the end of its allowance the
  // service is to be looked at again at once.
  static constexpr size_t kPlacesMax = 1'000;
  bool may_change_place();

  // What the service depends on holds; says when to look again.
  bool may_start();

  void look_again(WallTime at);
  std::optional<WallTime> next_look() const { return next_look_; }

  void put_service(api::Service service);
  void put_task(api::Task task) { tx_.update(std::move(task)); }
  // Moves the desired state forwards; a task that is further already stays as it is.
  void want(const api::Task& task, api::TaskState desired);
  // As Transaction's: between any two of its places a service can be looked at again.
  void allow_cut() { tx_.allow_cut(); }
  // A new task of the service in this place, desired READY: start_ready() lets it go on when nothing holds it.
  void create(const Place& place, const api::TaskRollout& notes = {});

 private:
  store::Transaction& tx_;
  Random& random_;
  store::Ref<api::Service> service_;
  std::optional<WallTime> next_look_;
  std::optional<bool> may_start_;
  size_t changed_places_ = 0;
};

}  // namespace skein::control
