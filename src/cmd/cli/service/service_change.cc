#include "cmd/cli/service/service_change.h"

#include <charconv>
#include <map>

#include "base/text/json_text.h"
#include "cmd/cli/image/registry_logins.h"
#include "cmd/cli/secret/secret_flags.h"
#include "cmd/cli/service/service_wait.h"
#include "cmd/cli/service/spec/service_image.h"
#include "cmd/cli/service/spec/service_spec.h"
#include "cmd/cli/service/spec/service_values.h"
#include "cmd/cli/show/printing.h"

namespace skein::cli {

namespace {

NetworkLookup lookup_in(Daemon& daemon) {
  return [&daemon](const std::string& name) -> Result<std::string> {
    SKEIN_TRY_ASSIGN(const Json network, daemon.get(path_of("/networks/", name), {{"scope", "swarm"}}));
    return text_at(network, "Id");
  };
}

// Those that the flags add, by the ids that the daemon knows them by.
Result<void> add_references(Invocation& call, const ReferenceKind& kind, Json& spec) {
  SKEIN_TRY_ASSIGN(std::vector<Json> added, added_references(kind, call.flags));
  if (added.empty()) return {};
  std::vector<std::string> filters;
  filters.reserve(added.size());
  for (const Json& reference : added) filters.push_back("name=" + text_at(reference, kind.name));
  SKEIN_TRY_ASSIGN(const Json found, call.daemon.get(std::string("/") + kind.word + "s", filter_parameters(filters)));
  std::map<std::string, std::string> ids;
  for (const Json& object : found) ids[text_at(at(object, "Spec"), "Name")] = text_at(object, "ID");
  Json& container = spec["TaskTemplate"]["ContainerSpec"];
  for (Json& reference : added) {
    const std::string name = text_at(reference, kind.name);
    if (!ids.contains(name)) return invalid_argument(std::string(kind.word) + " not found: " + name);
    reference[kind.id] = ids[name];
    container[kind.member].push_back(reference);
  }
  return {};
}

Result<void> add_references(Invocation& call, Json& spec) {
  SKEIN_TRY(add_references(call, kSecretReference, spec));
  return add_references(call, kConfigReference, spec);
}

void print_warnings(const Json& answer) {
  for (const Json& warning : at(answer, "Warnings"))
    print_error(warning.is_string() ? warning.get<std::string>() : json_text(warning));
}

Result<Json> service_as_stored(Daemon& daemon, const std::string& reference) {
  return daemon.get(path_of("/services/", reference), {{"insertDefaults", "false"}});
}

// Sends a whole spec, made from the version that `service` has, and prints the daemon's warnings.
Result<void> send(Daemon& daemon, const Json& service, Parameters parameters, const Json& spec,
                  const std::string& registry_auth = "") {
  parameters.emplace_back("version", text_at(at(service, "Version"), "Index"));
  SKEIN_TRY_ASSIGN(const Json answer, daemon.post(path_of("/services/", text_at(service, "ID"), "/update"), parameters,
                                                  spec, registry_auth));
  print_warnings(answer);
  return {};
}

Result<int> wait_unless_detached(Invocation& call, const std::string& reference) {
  if (call.flags.is_on("detach")) return 0;
  return wait_for_service(call.daemon, reference, call.flags.is_on("quiet"));
}

// An image is pinned to the digest that the registry has for it, unless that must not be asked.
// What --with-registry-auth sends of the user's credentials.
Result<std::string> sent_auth(const Flags& flags, const Json& spec) {
  if (!flags.is_on("with-registry-auth")) return std::string();
  return registry_auth_of_image(text_at(at(at(spec, "TaskTemplate"), "ContainerSpec"), "Image"));
}

std::string pin_image(Invocation& call, Json& spec, const std::string& registry_auth) {
  Json& image = spec["TaskTemplate"]["ContainerSpec"]["Image"];
  image = with_tag(image.get<std::string>());
  return call.flags.is_on("no-resolve-image") ? "" : resolve_image(call.daemon, spec, registry_auth);
}

struct Scale {
  std::string service;
  std::string text;
};

Result<Scale> parse_scale(const Invocation& call, const std::string& argument) {
  const size_t equals = argument.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == argument.size())
    return make_error(Code::kInvalidArgument, "invalid scale specifier '" + argument + "'.\nSee '" + call.path +
                                                  " --help'.\n\nUsage:  " + call.path +
                                                  " SERVICE=REPLICAS [SERVICE=REPLICAS...]\n\nScale one or multiple "
                                                  "replicated services");
  return Scale{argument.substr(0, equals), argument.substr(equals + 1)};
}

Result<int64_t> replicas_of(const std::string& text) {
  uint64_t replicas = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), replicas);
  const bool is_large = ec == std::errc::result_out_of_range || (ec == std::errc() && replicas > INT64_MAX);
  if (ec == std::errc() && !is_large && end == text.data() + text.size()) return static_cast<int64_t>(replicas);
  return make_error(Code::kInvalidArgument, "invalid replicas value " + text + ": strconv.ParseUint: parsing \"" +
                                                text + "\": " + (is_large ? "value out of range" : "invalid syntax"));
}

Result<void> scale_one(Invocation& call, const Scale& scale) {
  SKEIN_TRY_ASSIGN(const int64_t replicas, replicas_of(scale.text));
  SKEIN_TRY_ASSIGN(const Json service, service_as_stored(call.daemon, scale.service));
  Json spec = at(service, "Spec");
  SKEIN_TRY(set_replicas(replicas, spec));
  SKEIN_TRY(send(call.daemon, service, {}, spec));
  print_line(scale.service + " scaled to " + std::to_string(replicas));
  return {};
}

}  // namespace

Result<int> create_service(Invocation& call) {
  SKEIN_TRY_ASSIGN(Json spec, service_create_spec(call.arguments, call.flags, lookup_in(call.daemon)));
  SKEIN_TRY(add_references(call, spec));
  SKEIN_TRY_ASSIGN(const std::string auth, sent_auth(call.flags, spec));
  const std::string warning = pin_image(call, spec, auth);
  SKEIN_TRY_ASSIGN(const Json answer, call.daemon.post("/services/create", {}, spec, auth));
  print_warnings(answer);
  if (!warning.empty()) print_error(warning);
  print_line(text_at(answer, "ID"));
  return wait_unless_detached(call, text_at(answer, "ID"));
}

Result<int> update_service(Invocation& call) {
  const Flags& flags = call.flags;
  const std::string& reference = call.argument(0);
  SKEIN_TRY_ASSIGN(const Json service, service_as_stored(call.daemon, reference));
  const size_t own = 1 + (flags.is_set("detach") ? 1 : 0) + (flags.is_set("quiet") ? 1 : 0);
  if (flags.is_on("rollback") && flags.count_set() > own)
    return make_error(Code::kInvalidArgument, "other flags may not be combined with --rollback");
  Json spec = at(service, "Spec");
  SKEIN_TRY(update_service_spec(flags, lookup_in(call.daemon), spec));
  SKEIN_TRY(add_references(call, spec));
  SKEIN_TRY_ASSIGN(const std::string auth, sent_auth(flags, spec));
  const std::string warning = flags.is_set("image") ? pin_image(call, spec, auth) : "";
  Parameters parameters;
  if (!flags.is_on("with-registry-auth")) parameters.emplace_back("registryAuthFrom", "spec");
  if (flags.is_on("rollback")) parameters.emplace_back("rollback", "previous");
  SKEIN_TRY(send(call.daemon, service, parameters, spec, auth));
  if (!warning.empty()) print_error(warning);
  print_line(reference);
  return wait_unless_detached(call, reference);
}

Result<int> rollback_service(Invocation& call) {
  const std::string& reference = call.argument(0);
  SKEIN_TRY_ASSIGN(const Json service, service_as_stored(call.daemon, reference));
  SKEIN_TRY(send(call.daemon, service, {{"rollback", "previous"}}, at(service, "Spec")));
  print_line(reference);
  return wait_unless_detached(call, reference);
}

// All are scaled, then waited for one after the other; what went wrong is said at the end.
Result<int> scale_services(Invocation& call) {
  std::vector<Scale> scales;
  for (const std::string& argument : call.arguments) {
    SKEIN_TRY_ASSIGN(scales.emplace_back(), parse_scale(call, argument));
  }
  std::vector<std::string> scaled;
  std::vector<std::string> errors;
  for (const Scale& scale : scales) {
    if (const auto done = scale_one(call, scale); done.ok()) {
      scaled.push_back(scale.service);
    } else {
      errors.push_back(scale.service + ": " + done.error().text());
    }
  }
  if (call.flags.is_on("detach")) scaled.clear();
  for (const std::string& name : scaled) {
    const auto done = wait_for_service(call.daemon, name, false);
    if (!done.ok()) errors.push_back(name + ": " + done.error().text());
  }
  for (const std::string& error : errors) print_error(error);
  return errors.empty() ? 0 : 1;
}

Result<int> remove_services(Invocation& call) {
  return for_each_argument(call, [&](const std::string& reference) -> Result<void> {
    SKEIN_TRY(call.daemon.remove(path_of("/services/", reference)));
    return {};
  });
}

}  // namespace skein::cli
