// The order of calls is that of Docker's client: all networks, all secrets, all configs, then all services. What
// failed half-way is mended by deploying again.
#include "cmd/cli/stack/stack_deploy.h"

#include <algorithm>
#include <set>

#include "cmd/cli/show/printing.h"
#include "cmd/cli/stack/stack_files.h"
#include "cmd/cli/stack/stack_name.h"
#include "cmd/cli/stack/stack_problems.h"
#include "cmd/cli/stack/stack_remove.h"
#include "cmd/cli/stack/stack_services.h"
#include "cmd/cli/stack/stack_wait.h"
#include "stack/convert/cluster.h"
#include "stack/convert/convert.h"
#include "stack/load/prerequisites.h"

namespace skein::cli {

namespace {

Result<void> check_manager(Daemon& daemon) {
  SKEIN_TRY_ASSIGN(const Json info, daemon.get("/info"));
  const Json& swarm = at(info, "Swarm");
  if (at(swarm, "ControlAvailable") == true) return {};
  if (text_at(swarm, "LocalNodeState") == "locked")
    return make_error(Code::kFailedPrecondition,
                      "the swarm is locked. Use \"skein swarm unlock\" to unlock it and try again");
  return make_error(
      Code::kFailedPrecondition,
      "this node is not a swarm manager. Use \"skein swarm init\" or \"skein swarm join\" to connect this "
      "node to swarm and try again");
}

void warn_of_properties(const stack::Project& project) {
  std::string unsupported;
  for (const std::string& key : project.unsupported) unsupported += (unsupported.empty() ? "" : ", ") + key;
  if (!unsupported.empty()) print_error("Ignoring unsupported options: " + unsupported + "\n");
  std::string deprecated;
  for (const std::string& line : project.deprecated) deprecated += "\n" + line + "\n";
  if (!deprecated.empty()) print_error("Ignoring deprecated options:\n" + deprecated);
}

// A name that the file has for the project is not the stack's.
void tell_reading(const stack::Project& project, const stack::Namespace& stack) {
  if (!project.compose) return;
  if (const std::string& refused = project.compose->refused; !refused.empty())
    print_error("Reading the file by the Compose Specification, since Docker's schema refuses it: " + refused);
  const std::string& name = project.model.at("name").text();
  if (!name.empty() && name != stack.name)
    print_error("Ignoring name " + stack::go_quoted(name) + " of the file: the stack is " +
                stack::go_quoted(stack.name));
}

Result<void> check_images(const stack::Value& model, bool is_compose) {
  for (const auto& [name, service] : model.at("services").entries())
    SKEIN_TRY(check_service_image(name, service, is_compose));
  return {};
}

void prune_services(Daemon& daemon, const stack::Namespace& stack, const stack::Value& model) {
  const auto services = daemon.get("/services", filter_parameters({stack_filter(stack.name)}));
  if (!services.ok()) return print_error("Failed to list services: " + services.error().text());
  Json strays = Json::array();
  for (const Json& service : *services) {
    const std::string name = stack.inner(text_at(at(service, "Spec"), "Name"));
    if (!model.at("services").entries().contains(name)) strays.push_back(service);
  }
  remove_stack_services(daemon, strays);
}

Result<void> check_external_network(Daemon& daemon, const std::string& name) {
  if (stack::is_predefined_network(name)) return {};
  const std::string what = "network " + stack::go_quoted(name) + " is declared as external, but ";
  const auto network = daemon.get(path_of("/networks/", name));
  if (!network.ok() && network.error().code == Code::kNotFound) {
    return make_error(
        Code::kNotFound,
        what + "could not be found. You need to create a swarm-scoped network before the stack is deployed");
  }
  if (!network.ok()) return network.error();
  const std::string scope = text_at(*network, "Scope");
  if (scope == "swarm") return {};
  return make_error(Code::kInvalidArgument,
                    what + "it is not in the right scope: " + stack::go_quoted(scope) + " instead of \"swarm\"");
}

Result<void> create_networks(Daemon& daemon, const stack::Namespace& stack, const stack::Value& model) {
  const stack::Networks networks = stack::convert_networks(stack, model);
  for (const std::string& name : networks.external) SKEIN_TRY(check_external_network(daemon, name));
  SKEIN_TRY_ASSIGN(const Json known, daemon.get("/networks", filter_parameters({stack_filter(stack.name)})));
  std::set<std::string> names;
  for (const Json& network : known) names.insert(text_at(network, "Name"));
  for (const stack::Body& network : networks.own) {
    if (names.contains(network.name)) continue;
    print_line("Creating network " + network.name);
    const auto created = daemon.post("/networks/create", {}, network.json);
    if (!created.ok()) return with_context(created.error(), "failed to create network " + network.name);
  }
  return {};
}

// Secrets or configs; those that exist are updated, which changes nothing but labels.
Result<void> put_file_objects(Daemon& daemon, const stack::Namespace& stack, const stack::Project& project,
                              const std::string& kind) {
  const std::string section = kind + "s";
  const stack::Environment environment = project.compose ? project.compose->environment : stack::Environment();
  SKEIN_TRY_ASSIGN(const auto bodies,
                   stack::convert_file_objects(stack, project.model, section.c_str(), read_whole_file, environment));
  for (const stack::Body& body : bodies) {
    const auto known = daemon.get(path_of("/" + section + "/", body.name));
    if (known.ok()) {
      const auto updated = daemon.post(path_of("/" + section + "/", text_at(*known, "ID"), "/update"),
                                       {{"version", text_at(at(*known, "Version"), "Index")}}, body.json);
      if (!updated.ok()) return with_context(updated.error(), "failed to update " + kind + " " + body.name);
    } else if (known.error().code == Code::kNotFound) {
      print_line("Creating " + kind + " " + body.name);
      const auto created = daemon.post("/" + section + "/create", {}, body.json);
      if (!created.ok()) return with_context(created.error(), "failed to create " + kind + " " + body.name);
    } else {
      return known.error();
    }
  }
  return {};
}

// By the Compose Specification those that others wait for come first.
Result<std::vector<stack::Body>> service_specs(Daemon& daemon, const stack::Namespace& stack,
                                               const stack::Project& project) {
  const auto find = [&](const char* section, const std::vector<std::string>& names) {
    return find_objects(daemon, section, names);
  };
  if (!project.compose) return stack::convert_services(stack, project.model, find);
  SKEIN_TRY_ASSIGN(auto specs, stack::convert_services(stack, stack::for_cluster(stack, project.model), find));
  const std::vector<std::string> order = stack::by_prerequisites(project.model);
  std::ranges::sort(specs, {}, [&](const stack::Body& spec) {
    return std::ranges::find(order, stack.inner(spec.name)) - order.begin();
  });
  return specs;
}

Result<int> deploy(Invocation& call, const stack::Namespace& stack, const stack::Project& project) {
  const stack::Value& model = project.model;
  SKEIN_TRY(check_manager(call.daemon));
  if (project.compose && !call.flags.is_on("force")) SKEIN_TRY(check_deployment(call.daemon, stack, project));
  if (call.flags.is_on("prune")) prune_services(call.daemon, stack, model);
  SKEIN_TRY(create_networks(call.daemon, stack, model));
  SKEIN_TRY(put_file_objects(call.daemon, stack, project, "secret"));
  SKEIN_TRY(put_file_objects(call.daemon, stack, project, "config"));
  SKEIN_TRY_ASSIGN(const auto specs, service_specs(call.daemon, stack, project));
  SKEIN_TRY_ASSIGN(const auto ids, deploy_services(call, stack, specs));
  if (call.flags.is_on("detach")) return 0;
  std::vector<DeployedService> services;
  services.reserve(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) services.push_back({ids[i], stack.inner(specs[i].name)});
  return wait_for_services(call.daemon, services, call.flags.is_on("quiet"));
}

}  // namespace

Result<int> deploy_stack(Invocation& call) {
  const stack::Namespace stack{call.argument(0)};
  SKEIN_TRY(check_stack_name(stack.name));
  SKEIN_TRY_ASSIGN(const stack::Project project, load_project(call, false, stack::Forbidden::kExplained));
  tell_reading(project, stack);
  warn_of_properties(project);
  const bool is_checked_whole = project.compose && !call.flags.is_on("force");
  if (!is_checked_whole) SKEIN_TRY(check_images(project.model, project.compose.has_value()));
  const std::string& resolve = call.flags.text("resolve-image");
  if (resolve != "always" && resolve != "changed" && resolve != "never") {
    return invalid_argument("Invalid option " + resolve + " for flag --resolve-image");
  }
  if (call.flags.is_on("detach") && !call.flags.is_set("detach")) {
    print_error(
        "Since --detach=false was not specified, tasks will be created in the background.\n"
        "In a future release, --detach=false will become the default.");
  }
  return deploy(call, stack, project);
}

}  // namespace skein::cli
