#include "manager/services/service_networks.h"

#include <set>

namespace skein::manager {

namespace api = model::api;

Result<void> resolve_networks(api::ServiceSpec& spec, const store::Tables& view) {
  auto* networks = spec.mutable_task()->mutable_networks();
  if (networks->empty()) *networks = spec.networks();
  spec.clear_networks();
  std::set<std::string> seen;
  for (auto& attachment : *networks) {
    SKEIN_TRY_ASSIGN(auto network, view.find<api::Network>(attachment.target()));
    const std::string& name = model::name_of(*network);
    if (network->spec().ingress())
      return make_error(Code::kInvalidArgument,
                        "Service cannot be explicitly attached to the ingress network \"" + name + "\"");
    const std::string& driver = network->spec().driver_config().name();
    const bool is_of_every_node = network->spec().annotations().labels().contains(std::string(model::kPredefinedLabel));
    if (!driver.empty() && driver != "overlay" && !is_of_every_node)
      return make_error(Code::kPermissionDenied,
                        "The network " + name +
                            " cannot be used with services. Only networks scoped to the swarm can "
                            "be used, such as those created with the overlay driver.");
    if (!seen.insert(network->id()).second)
      return make_error(Code::kInvalidArgument, "network " + name + " is listed more than once", "",
                        "put its aliases into one entry");
    attachment.set_target(network->id());
  }
  return {};
}

}  // namespace skein::manager
