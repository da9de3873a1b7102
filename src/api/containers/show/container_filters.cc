#include "api/containers/show/container_filters.h"

#include <algorithm>
#include <charconv>

#include "api/containers/show/container_states.h"
#include "base/text/json_text.h"
#include "containers/facts/task_labels.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using containers::Health;
using engine::at;
using engine::text_of;
using nlohmann::json;

namespace {

constexpr std::array kHealths{containers::Health::kUnchecked, containers::Health::kStarting,
                              containers::Health::kHealthy, containers::Health::kUnhealthy};
constexpr unsigned kPortMax = 65535;

Error invalid(const std::string& name, const std::string& value) {
  return make_error(Code::kInvalidArgument, "invalid filter '" + name + "=" + value.substr(0, 100) + "'");
}

bool is_health(const std::string& name) {
  return std::ranges::any_of(kHealths,
                             [&](containers::Health health) { return name == containers::health_name(health); });
}

// "Exited (137) 5 minutes ago"
std::string exit_code_text(const json& entry) {
  const std::string status = text_of(entry, "Status");
  const size_t open = status.find('('), close = status.find(')');
  return status.starts_with("Exited (") && close != std::string::npos ? status.substr(open + 1, close - open - 1) : "";
}

std::map<std::string, std::string> container_labels(const json& entry) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : at(entry, "Labels").items())
    if (value.is_string()) out[key] = value;
  return out;
}

std::string name_of_entry(const json& entry) {
  const auto names = engine::texts_of(entry, "Names");
  return names.empty() ? "" : names[0].substr(names[0].starts_with('/') ? 1 : 0);
}

// By the network's name or id.
bool is_on(const json& entry, const std::string& network) {
  for (const auto& [name, endpoint] : at(at(entry, "NetworkSettings"), "Networks").items())
    if (name == network || at(endpoint, "NetworkID") == network) return true;
  return false;
}

// By the volume's name, the source or the place where it is mounted.
bool has_mount(const json& entry, const std::string& volume) {
  return std::ranges::any_of(at(entry, "Mounts"), [&](const json& mount) {
    return text_of(mount, "Name") == volume || text_of(mount, "Source") == volume ||
           text_of(mount, "Destination") == volume;
  });
}

std::optional<unsigned> port_of(std::string_view text) {
  unsigned port = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (ec != std::errc() || end != text.data() + text.size() || port > kPortMax) return std::nullopt;
  return port;
}

// "80", "80/udp", "8000-8010/tcp" → "8000/tcp" …
Result<std::set<std::string>> ports_of_filter(const ListFilters& filters, const std::string& name) {
  std::set<std::string> out;
  for (const auto& value : filters.values(name)) {
    const size_t slash = std::min(value.find('/'), value.size());
    const std::string protocol = slash == value.size() ? "tcp" : value.substr(slash + 1);
    const std::string_view range = std::string_view(value).substr(0, slash);
    const size_t dash = range.find('-');
    const auto first = port_of(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : port_of(range.substr(dash + 1));
    const bool is_known = protocol == "tcp" || protocol == "udp" || protocol == "sctp";
    if (!first || !last || *first > *last || !is_known) return invalid(name, value);
    for (unsigned port = *first; port <= *last; ++port) out.insert(std::to_string(port) + "/" + protocol);
  }
  return out;
}

Result<void> check_values(const ListFilters& filters) {
  for (const auto& name : filters.values("health"))
    if (!is_health(name)) return make_error(Code::kInvalidArgument, "Unrecognised filter value for health: " + name);
  for (const auto& state : filters.values("status"))
    if (!containers::phase_named(state)) return invalid("status", state);
  for (const auto& code : filters.values("exited"))
    if (!port_of(code)) return invalid("exited", code);
  return {};
}

// The place of the container in the list, by its name or the beginning of its id.
std::optional<size_t> place_of(const json& entries, const std::string& container) {
  const std::string name = container.substr(container.starts_with('/') ? 1 : 0);
  for (size_t i = 0; i < entries.size(); ++i)
    if (name_of_entry(entries[i]) == name || text_of(entries[i], "Id") == name) return i;
  for (size_t i = 0; i < entries.size(); ++i)
    if (!name.empty() && text_of(entries[i], "Id").starts_with(name)) return i;
  return std::nullopt;
}

}  // namespace

Result<ContainerFilters> ContainerFilters::of_list(const io::http::Query& query) {
  ContainerFilters out;
  // Isolation is of Windows: elsewhere Docker takes it, and filters nothing by it.
  SKEIN_TRY_ASSIGN(out.filters_, ListFilters::parse(query, {"ancestor", "before", "exited", "expose", "health", "id",
                                                            "is-task", "isolation", "label", "name", "network",
                                                            "publish", "since", "status", "volume"}));
  SKEIN_TRY(check_values(out.filters_));
  SKEIN_TRY_ASSIGN(out.is_task_, out.filters_.flag("is-task"));
  SKEIN_TRY_ASSIGN(out.published_, ports_of_filter(out.filters_, "publish"));
  SKEIN_TRY_ASSIGN(out.exposed_, ports_of_filter(out.filters_, "expose"));
  const std::string limit = query.get("limit");
  int64_t count = 0;
  const char* end = limit.data() + limit.size();
  if (const auto [stop, error] = std::from_chars(limit.data(), end, count);
      !limit.empty() && (error != std::errc() || stop != end))
    return make_error(Code::kInvalidArgument, "strconv.Atoi: parsing \"" + limit.substr(0, 100) + "\": invalid syntax");
  if (count > 0) out.count_max_ = static_cast<size_t>(count);
  out.is_all_ = query.flag("all") || count > 0 || !out.filters_.values("status").empty();
  return out;
}

Result<ContainerFilters> ContainerFilters::of_prune(const io::http::Query& query, WallTime now) {
  ContainerFilters out;
  SKEIN_TRY_ASSIGN(out.filters_, ListFilters::parse(query, {"label", "label!", "until"}));
  SKEIN_TRY_ASSIGN(out.until_, out.filters_.until(now));
  return out;
}

bool ContainerFilters::passes_state(const json& entry) const {
  const containers::Phase phase = containers::phase_of_entry(entry);
  if (!is_all_ && !containers::is_alive(phase)) return false;
  return filters_.has_exactly("status", containers::phase_name(phase)) &&
         filters_.any("exited", [&](const std::string& code) {
           return phase == containers::Phase::kExited && exit_code_text(entry) == code;
         });
}

bool ContainerFilters::passes_ports(const json& entry) const {
  if (published_.empty() && exposed_.empty()) return true;
  return std::ranges::any_of(at(entry, "Ports"), [&](const json& port) {
    const std::string protocol = "/" + text_of(port, "Type");
    auto is_meant = [&](const std::set<std::string>& wanted, const char* name) {
      const json& number = at(port, name);
      return number.is_number_integer() && wanted.contains(json_text(number) + protocol);
    };
    return is_meant(published_, "PublicPort") || is_meant(exposed_, "PrivatePort");
  });
}

bool ContainerFilters::passes(const json& entry, const containers::HealthRecord* record) const {
  const std::string health = containers::health_name(record ? record->health() : containers::Health::kUnchecked);
  const std::string name = name_of_entry(entry);
  const auto labels = container_labels(entry);
  auto is_made_from = [&](const std::string&) { return ancestor_ids_.contains(text_of(entry, "ImageID")); };
  return passes_state(entry) && filters_.has_exactly("health", health) && filters_.labels("label", labels) &&
         (filters_.matches("name", name) || filters_.matches("name", "/" + name)) &&
         filters_.matches("id", text_of(entry, "Id")) && filters_.any("ancestor", is_made_from) &&
         filters_.any("network", [&](const std::string& wanted) { return is_on(entry, wanted); }) &&
         filters_.any("volume", [&](const std::string& wanted) { return has_mount(entry, wanted); }) &&
         (!is_task_ || *is_task_ == labels.contains(containers::kTaskIdLabel)) && passes_ports(entry);
}

Result<json> ContainerFilters::pick(json entries, const HealthOf& health_of) const {
  size_t begin = 0, end = entries.size();
  for (const auto& container : filters_.values("before")) {
    const auto place = place_of(entries, container);
    if (!place) return make_error(Code::kNotFound, "No such container: " + container);
    begin = std::max(begin, *place + 1);
  }
  for (const auto& container : filters_.values("since")) {
    const auto place = place_of(entries, container);
    if (!place) return make_error(Code::kNotFound, "No such container: " + container);
    end = std::min(end, *place);
  }
  json picked = json::array();
  for (size_t i = begin; i < end && picked.size() < count_max_; ++i)
    if (passes(entries[i], health_of(text_of(entries[i], "Id")))) picked.push_back(std::move(entries[i]));
  return picked;
}

bool ContainerFilters::prunes(const json& entry) const {
  const containers::Phase phase = containers::phase_of_entry(entry);
  if (containers::is_alive(phase) || phase == containers::Phase::kRemoving) return false;
  const json& created_s = at(entry, "Created");
  if (until_ && (!created_s.is_number_integer() || created_s.get<int64_t>() > until_->seconds())) return false;
  return filters_.label_and_not_label(container_labels(entry));
}

}  // namespace skein::api
