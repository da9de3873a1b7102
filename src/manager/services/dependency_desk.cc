#include "manager/services/dependency_desk.h"

#include "base/log.h"
#include "cluster/dependency_check.h"
#include "manager/services/manager_request.h"

namespace skein::manager {

namespace api = store::api;

namespace {

template <class T>
constexpr bool kIsSecret = std::is_same_v<T, api::Secret>;

template <class T>
Error not_found(const std::string& id) {
  return make_error(Code::kNotFound, std::string(model::KindOf<T>::name) + " " + id + " not found");
}

}  // namespace

template <class T>
auto DependencyDesk<T>::create(Spec spec) -> Reply<std::string> {
  return request_in(tasks_, make(std::move(spec)));
}

template <class T>
auto DependencyDesk<T>::update(std::string id, uint64_t version, Spec spec) -> Reply<void> {
  return request_in(tasks_, change(std::move(id), version, std::move(spec)));
}

template <class T>
auto DependencyDesk<T>::remove(std::string id) -> Reply<void> {
  return request_in(tasks_, drop(std::move(id)));
}

template <class T>
auto DependencyDesk<T>::make(Spec spec) -> Reply<std::string> {
  const std::string kind = model::KindOf<T>::name;
  T object;
  object.set_id(random_.object_id());
  *object.mutable_spec() = std::move(spec);
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    SKEIN_TRY(cluster::check_dependency<T>(object.spec()));
    const std::string& name = model::name_of(object);
    if (!cluster::dependencies_named<T>(tx.view(), name).empty())
      return make_error(Code::kAlreadyExists, kind + " " + name + " already exists");
    tx.create(object);
    return {};
  });
  if (!done.ok()) co_return done.error();
  log_info(kIsSecret<T> ? "secret-created" : "config-created", {{kind, object.id()}, {"name", model::name_of(object)}});
  co_return object.id();
}

template <class T>
auto DependencyDesk<T>::change(std::string id, uint64_t version, Spec spec) -> Reply<void> {
  co_return co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    auto before = tx.view().get<T>(id);
    if (!before) return not_found<T>(id);
    if (spec.annotations().name() != model::name_of(*before) ||
        (!spec.data().empty() && spec.data() != before->spec().data()))
      return invalid_argument("only updates to Labels are allowed");
    SKEIN_TRY(tx.at_version<T>(id, version));
    T after = *before;
    *after.mutable_spec()->mutable_annotations()->mutable_labels() = spec.annotations().labels();
    SKEIN_TRY(cluster::check_dependency<T>(after.spec()));
    tx.update(std::move(after));
    return {};
  });
}

template <class T>
auto DependencyDesk<T>::drop(std::string id) -> Reply<void> {
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    auto present = tx.view().get<T>(id);
    if (!present) return not_found<T>(id);
    SKEIN_TRY(cluster::check_is_unused(*present, tx.view()));
    tx.remove<T>(id);
    return {};
  });
  if (done.ok()) log_info(kIsSecret<T> ? "secret-removed" : "config-removed", {{model::KindOf<T>::name, id}});
  co_return done;
}

template class DependencyDesk<api::Secret>;
template class DependencyDesk<api::Config>;

}  // namespace skein::manager
