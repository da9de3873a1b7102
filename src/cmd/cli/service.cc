// skein service: there are no services yet. The daemon is asked all the same, so that outside a swarm and on a worker
// its words are those that Docker has for that.
#include "cmd/cli/printing.h"

namespace skein::cli {

namespace {

Listing service_listing() {
  return {{{"ID", "ID"},
           {"Name", "NAME"},
           {"Mode", "MODE"},
           {"Replicas", "REPLICAS"},
           {"Image", "IMAGE"},
           {"Ports", "PORTS"}},
          6};
}

Error unsupported() { return make_error(Code::kUnimplemented, "services are not supported by this version"); }

Result<int> list(Invocation& call) {
  SKEIN_TRY(call.engine.get("/services", filter_parameters(call.flags.list("filter"))));
  return print_list(call, service_listing(), {}, "ID");
}

Result<int> create(Invocation& call) {
  SKEIN_TRY(call.engine.post("/services/create", {}, Json{{"Name", call.flags.text("name")}}));
  return unsupported();
}

Result<int> remove(Invocation& call) {
  return for_each_argument(call, [&](const std::string& reference) -> Result<void> {
    SKEIN_TRY(call.engine.remove(path_of("/services/", reference)));
    return {};
  });
}

Result<int> inspect(Invocation& call) {
  return inspect_each(call, [&](const std::string& reference) -> Result<Json> {
    auto service = call.engine.get(path_of("/services/", reference));
    if (!service.ok() && service.error().code == Code::kNotFound)
      return make_error(Code::kNotFound, "Error: no such service: " + reference);
    return service;
  });
}

// Everything else begins by looking the service up.
Result<int> look_up(Invocation& call) {
  for (const std::string& reference : call.arguments) SKEIN_TRY(call.engine.get(path_of("/services/", reference)));
  return unsupported();
}

Result<int> logs(Invocation& call) {
  auto service = call.engine.get(path_of("/services/", call.argument(0)));
  if (service.ok()) return unsupported();
  if (service.error().code != Code::kNotFound) return service.error();
  return make_error(Code::kNotFound, "no such task or service: " + call.argument(0));
}

Result<int> scale(Invocation& call) {
  for (const std::string& argument : call.arguments) {
    const std::string reference = argument.substr(0, argument.find('='));
    auto service = call.engine.get(path_of("/services/", reference));
    print_error(reference + ": " + (service.ok() ? unsupported() : service.error()).text());
  }
  return 1;
}

Result<int> tasks(Invocation& call) {
  SKEIN_TRY(call.engine.get("/services"));
  for (const std::string& reference : call.arguments) print_error("no such service: " + reference);
  return 1;
}

}  // namespace

std::vector<Command> service_commands() {
  return {
      {"create",
       "[OPTIONS] IMAGE [COMMAND] [ARG...]",
       "Create a new service (not supported yet)",
       {1, kAnyNumber},
       {{"name", 0, "string", "Service name"}},
       create},
      {"inspect",
       "[OPTIONS] SERVICE [SERVICE...]",
       "Display detailed information on one or more services",
       {1, kAnyNumber},
       {format_flag('f')},
       inspect},
      {"logs", "SERVICE", "Fetch the logs of a service", {1, 1}, {}, logs},
      {"ls", "[OPTIONS]", "List services", {0, 0}, {filter_flag(), format_flag(), quiet_flag()}, list, {"list"}},
      {"ps", "SERVICE [SERVICE...]", "List the tasks of one or more services", {1, kAnyNumber}, {}, tasks},
      {"rm", "SERVICE [SERVICE...]", "Remove one or more services", {1, kAnyNumber}, {}, remove, {"remove"}},
      {"rollback", "SERVICE", "Revert changes to a service's configuration", {1, 1}, {}, look_up},
      {"scale", "SERVICE=REPLICAS [SERVICE=REPLICAS...]", "Scale services", {1, kAnyNumber}, {}, scale},
      {"update", "SERVICE", "Update a service", {1, 1}, {}, look_up},
  };
}

}  // namespace skein::cli
