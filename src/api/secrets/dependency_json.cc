#include "api/secrets/dependency_json.h"

#include "api/replies/put.h"
#include "api/requests/members.h"
#include "base/bytes.h"
#include "cluster/dependency_check.h"

namespace skein::api {

using nlohmann::json;

namespace {

void put_driver(json& out, const char* key, const swarm::Driver& driver) {
  json& shown = out[key] = json::object();
  put_text(shown, "Name", driver.name());
  put_map(shown, "Options", driver.options());
}

template <class T>
json shown_without_data(const T& dependency) {
  json out{{"ID", dependency.id()}};
  add_meta(out, dependency.meta());
  const auto& annotations = dependency.spec().annotations();
  out["Spec"] = {{"Name", annotations.name()}, {"Labels", map_to_json(annotations.labels())}};
  if (dependency.spec().has_templating()) put_driver(out["Spec"], "Templating", dependency.spec().templating());
  return out;
}

void read_driver(Members& from, const char* key, const auto& add) {
  from.object(key, [&](Members& driver) {
    swarm::Driver& out = *add();
    out.set_name(driver.text("Name"));
    driver.map_to("Options", out.mutable_options());
  });
}

}  // namespace

json dependency_to_json(const swarm::Secret& secret) { return shown_without_data(secret); }

json dependency_to_json(const swarm::Config& config) {
  json out = shown_without_data(config);
  put_text(out["Spec"], "Data", to_base64(config.spec().data()));
  return out;
}

template <class T>
Result<typename T::Spec> dependency_spec_from_json(const json& body) {
  typename T::Spec out;
  std::optional<Error> problem;
  {
    Members spec(body, "", problem);
    out.mutable_annotations()->set_name(spec.text("Name"));
    spec.map_to("Labels", out.mutable_annotations()->mutable_labels());
    out.set_data(spec.bytes("Data"));
    read_driver(spec, "Templating", [&] { return out.mutable_templating(); });
    if constexpr (std::is_same_v<T, swarm::Secret>) read_driver(spec, "Driver", [&] { return out.mutable_driver(); });
  }
  if (problem) return *problem;
  return out;
}

template Result<swarm::Secret::Spec> dependency_spec_from_json<swarm::Secret>(const json&);
template Result<swarm::Config::Spec> dependency_spec_from_json<swarm::Config>(const json&);

Result<DependencyFilters> DependencyFilters::parse(const io::http::Query& query) {
  DependencyFilters out;
  SKEIN_TRY_ASSIGN(out.filters_, ListFilters::parse(query, {"id", "label", "name", "names"}));
  return out;
}

bool DependencyFilters::lists(const std::string& id, const swarm::Annotations& annotations) const {
  if (!filters_.labels("label", annotations.labels())) return false;
  const std::string name = cluster::folded(annotations.name());
  bool is_asked = false;
  auto fits = [&](const char* filter, auto test) {
    is_asked |= filters_.has(filter);
    return filters_.has(filter) && filters_.any(filter, test);
  };
  const bool is_wanted =
      fits("id", [&](const std::string& value) { return id.starts_with(value); }) |
      fits("name", [&](const std::string& value) { return name.starts_with(cluster::folded(value)); }) |
      fits("names", [&](const std::string& value) { return name == cluster::folded(value); });
  return is_wanted || !is_asked;
}

}  // namespace skein::api
