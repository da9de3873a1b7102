// `service inspect`.
#include "cmd/cli/service/service_format.h"
#include "cmd/cli/service/service_show.h"
#include "cmd/cli/show/printing.h"

namespace skein::cli {

namespace {

Result<Json> find_service(Daemon& daemon, const std::string& reference) {
  auto service = daemon.get(path_of("/services/", reference), {{"insertDefaults", "true"}});
  if (service.ok() || service.error().code != Code::kNotFound) return service;
  return make_error(Code::kNotFound, "Error: no such service: " + reference);
}

std::map<std::string, std::string> network_names(Daemon& daemon, const Json& service) {
  std::map<std::string, std::string> names;
  for (const Json& attachment : at(at(at(service, "Spec"), "TaskTemplate"), "Networks")) {
    const std::string id = text_at(attachment, "Target");
    const auto network = daemon.get(path_of("/networks/", id), {{"scope", "swarm"}});
    if (network.ok()) names[id] = text_at(*network, "Name");
  }
  return names;
}

}  // namespace

Result<int> inspect_services(Invocation& call) {
  const auto find = [&](const std::string& reference) { return find_service(call.daemon, reference); };
  const std::string& format = call.flags.text("format");
  if (!call.flags.is_on("pretty") && format != "pretty") return inspect_each(call, find);
  if (call.flags.is_on("pretty") && !format.empty())
    return make_error(Code::kInvalidArgument, "--format is incompatible with human friendly format");
  std::string text;
  for (const std::string& reference : call.arguments) {
    SKEIN_TRY_ASSIGN(const Json service, find(reference));
    text += pretty_service(service, network_names(call.daemon, service), system_clock().wall());
  }
  print(text);
  return 0;
}

}  // namespace skein::cli
