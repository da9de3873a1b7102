// Secrets and configs in Docker's JSON, and which of them a list shows. Pure.
#pragma once

#include "api/requests/filters.h"
#include "api/swarm/swarm_json.h"

namespace skein::api {

// A secret is shown without its data, a config with it.
nlohmann::json dependency_to_json(const swarm::Secret& secret);
nlohmann::json dependency_to_json(const swarm::Config& config);

// The body of a create or an update, decoded. T is swarm::Secret or swarm::Config.
template <class T>
Result<typename T::Spec> dependency_spec_from_json(const nlohmann::json& body);

// Of GET /secrets and /configs: id, label, name, names. With several of id, name and names, what fits one of them is
// shown, as Docker does.
class DependencyFilters {
 public:
  static Result<DependencyFilters> parse(const io::http::Query& query);
  template <class T>
  bool lists(const T& dependency) const {
    return lists(dependency.id(), dependency.spec().annotations());
  }

 private:
  bool lists(const std::string& id, const swarm::Annotations& annotations) const;

  ListFilters filters_;
};

}  // namespace skein::api
