#include "manager/services/skein_labels.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string>
#include <string_view>

#include "base/time/duration.h"
#include "control/orchestrator/prerequisite/prerequisite.h"
#include "model/port_access.h"

namespace skein::manager {

namespace {

using Check = bool (*)(std::string_view value);

struct Label {
  std::string_view name;
  std::string_view wanted;  // what the value must be
  Check is_fine;
};

constexpr std::string_view kPrefix = "skein.";
constexpr int kWeightMax = 100;

bool is_balance(std::string_view value) {
  constexpr std::array<std::string_view, 4> kAll = {"round-robin", "least-connections", "source-hash", "local-first"};
  return std::ranges::find(kAll, value) != kAll.end();
}
bool is_weight(std::string_view value) {
  int weight = 0;
  auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), weight);
  return failed == std::errc() && end == value.data() + value.size() && weight >= 1 && weight <= kWeightMax;
}
bool is_time(std::string_view value) {
  auto time = parse_duration(value);
  return time.ok() && *time >= Duration(0);
}
bool is_text(std::string_view value) { return !value.empty(); }

constexpr std::array<Label, 4> kOfService = {
    {{"skein.balance", "round-robin, least-connections, source-hash or local-first", is_balance},
     {control::kDependsOnLabel, "services with their conditions", is_text},
     {"skein.drain-timeout", "a time like 10s", is_time},
     {"skein.readiness", "a command", is_text}}};
constexpr std::array<Label, 2> kOfContainer = {
    {{"skein.weight", "a number from 1 to 100", is_weight}, {"skein.readiness", "a command", is_text}}};

Error invalid(const std::string& name, const std::string& value, std::string_view wanted) {
  return make_error(Code::kInvalidArgument, "invalid label " + name + "=" + value, "",
                    "it must be " + std::string(wanted));
}

template <class Labels, size_t N>
Result<void> check(const Labels& labels, const std::array<Label, N>& known, const char* owner) {
  for (const auto& [name, value] : labels) {
    if (!name.starts_with(kPrefix) || name.starts_with(model::kPublishLabel)) continue;
    auto found = std::ranges::find(known, name, &Label::name);
    if (found == known.end()) {
      std::string names;
      for (const Label& label : known) names += (names.empty() ? "" : ", ") + std::string(label.name);
      return make_error(Code::kInvalidArgument, "unknown label " + name, "", std::string(owner) + " can have " + names);
    }
    if (!found->is_fine(value)) return invalid(name, value, found->wanted);
  }
  return {};
}

// Whether the service publishes the port that the label names. One that the manager chooses has no number yet.
bool is_published(const model::api::EndpointSpec& endpoint, const model::PublishLabel& label) {
  return std::ranges::any_of(endpoint.ports(), [&](const auto& port) {
    const bool is_of_protocol = !label.protocol || *label.protocol == model::protocol_of(port);
    return port.publish_mode() == model::api::PortConfig::INGRESS && port.published_port() == label.port &&
           is_of_protocol;
  });
}

Error cannot_read(const std::string& name, const std::string& value, const Error& why) {
  return make_error(Code::kInvalidArgument, "label " + name + "=" + value, why.text());
}

Result<void> check_publish_labels(const model::api::ServiceSpec& spec) {
  for (const auto& [name, value] : spec.annotations().labels()) {
    if (!name.starts_with(model::kPublishLabel)) continue;
    auto label = model::parse_publish_label(name, value);
    if (!label.ok()) return cannot_read(name, value, label.error());
    if (!is_published(spec.endpoint(), *label))
      return make_error(Code::kInvalidArgument, "label " + name + " is of a port that the service does not publish", "",
                        "publish it in ingress mode by its number, or remove the label");
  }
  const std::map<std::string, std::string> labels(spec.annotations().labels().begin(),
                                                  spec.annotations().labels().end());
  for (const auto& port : spec.endpoint().ports())
    SKEIN_TRY(model::check_port_access(labels, model::protocol_of(port), static_cast<uint16_t>(port.published_port())));
  return {};
}

}  // namespace

Result<void> check_skein_labels(const model::api::ServiceSpec& spec) {
  SKEIN_TRY(check(spec.annotations().labels(), kOfService, "a service"));
  SKEIN_TRY(check_publish_labels(spec));
  return check(spec.task().container().labels(), kOfContainer, "a container");
}

}  // namespace skein::manager
