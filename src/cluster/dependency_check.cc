#include "cluster/dependency_check.h"

#include <algorithm>

#include "cluster/name_check.h"

namespace skein::cluster {

namespace api = store::api;

namespace {

constexpr size_t kDependencyNameMax = 64;

Result<void> check_dependency_name(const std::string& name) {
  if (name.empty()) return invalid_argument("name must be provided");
  const bool is_valid =
      name.size() <= kDependencyNameMax && is_alphanumeric(name.front()) && is_alphanumeric(name.back()) &&
      std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
  if (!is_valid)
    return invalid_argument("invalid name, only " + std::to_string(kDependencyNameMax) +
                            " [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]");
  return {};
}

Result<void> check_driver(const api::Secret::Spec& spec) {
  if (!spec.has_driver()) return {};
  return make_error(Code::kUnimplemented, "secret drivers are not supported by this version");
}
Result<void> check_driver(const api::Config::Spec&) { return {}; }

const auto& references_of(const api::ContainerSpec& container, const api::Secret&) { return container.secrets(); }
const auto& references_of(const api::ContainerSpec& container, const api::Config&) { return container.configs(); }
const std::string& id_of(const api::SecretReference& reference) { return reference.secret_id(); }
const std::string& id_of(const api::ConfigReference& reference) { return reference.config_id(); }

}  // namespace

std::string folded(std::string name) {
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

template <class T>
Result<void> check_dependency(const typename T::Spec& spec) {
  const std::string kind = model::KindOf<T>::name;
  SKEIN_TRY(check_dependency_name(spec.annotations().name()));
  SKEIN_TRY(check_driver(spec));
  if (spec.data().empty() || spec.data().size() >= kDependencyBytesEnd<T>)
    return invalid_argument(kind + " data must be larger than 0 and less than " +
                            std::to_string(kDependencyBytesEnd<T>) + " bytes");
  if (spec.ByteSizeLong() - spec.data().size() > kDependencyLabelBytesMax)
    return invalid_argument("the labels of a " + kind + " have at most " + std::to_string(kDependencyLabelBytesMax) +
                            " bytes");
  return {};
}

template <class T>
std::vector<store::Ref<T>> dependencies_named(const store::Tables& view, const std::string& name) {
  std::vector<store::Ref<T>> out;
  for (const auto& [id, dependency] : view.all<T>())
    if (folded(model::name_of(*dependency)) == folded(name)) out.push_back(dependency);
  return out;
}

template <class T>
Result<store::Ref<T>> find_dependency(const store::Tables& view, const std::string& text) {
  if (auto exact = view.get<T>(text)) return exact;
  if (auto named = dependencies_named<T>(view, text); named.size() == 1) return named[0];
  return view.find<T>(text);
}

template <class T>
Result<void> check_is_unused(const T& dependency, const store::Tables& view) {
  std::vector<std::string> users;
  for (const auto& [id, service] : view.all<api::Service>())
    for (const auto& reference : references_of(service->spec().task().container(), dependency))
      if (id_of(reference) == dependency.id()) {
        users.push_back(model::name_of(*service));
        break;
      }
  if (users.empty()) return {};
  std::string names;
  for (const auto& user : users) names += (names.empty() ? "" : ", ") + user;
  return invalid_argument(std::string(model::KindOf<T>::name) + " '" + model::name_of(dependency) +
                          "' is in use by the following service" + (users.size() == 1 ? "" : "s") + ": " + names);
}

template Result<void> check_dependency<api::Secret>(const api::Secret::Spec&);
template Result<void> check_dependency<api::Config>(const api::Config::Spec&);
template std::vector<store::Ref<api::Secret>> dependencies_named(const store::Tables&, const std::string&);
template std::vector<store::Ref<api::Config>> dependencies_named(const store::Tables&, const std::string&);
template Result<store::Ref<api::Secret>> find_dependency(const store::Tables&, const std::string&);
template Result<store::Ref<api::Config>> find_dependency(const store::Tables&, const std::string&);
template Result<void> check_is_unused(const api::Secret&, const store::Tables&);
template Result<void> check_is_unused(const api::Config&, const store::Tables&);

}  // namespace skein::cluster
