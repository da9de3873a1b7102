// The table of shapes: services.
#include "stack/shape/shape_forms.h"

namespace skein::stack {

namespace {
using namespace forms;  // NOLINT: words of the table

ShapePtr build() {
  return either(Form::kBuild, {text(), make({.types = {"object"},
                                             .form = Form::kObject,
                                             .fields =
                                                 {
                                                     {"context", text()},
                                                     {"dockerfile", text()},
                                                     {"args", pairs(Form::kMappingWithNull)},
                                                     {"labels", mapping(), 3},
                                                     {"cache_from", set(text(), Form::kTexts), 2},
                                                     {"extra_hosts", pairs(Form::kHosts), 9},
                                                     {"network", text(), 4},
                                                     {"target", text(), 4},
                                                 },
                                             .others_since = 11})});
}

// A config or secret that a service uses.
ShapePtr uses() {
  const auto use = open_object({
      {"source", text()},
      {"target", text()},
      {"uid", text()},
      {"gid", text()},
      {.key = "mode", .shape = whole_number(), .until = kVersionMax, .keeps_zero = true},
      {.key = "mode", .shape = loose_integer(), .since = kCompose, .keeps_zero = true},
  });
  return list(either(Form::kSource, {text(), use}));
}

ShapePtr credential_spec() { return object({{"config", text(), 8}, {"file", text()}, {"registry", text()}}); }

ShapePtr healthcheck(bool checks_durations) {
  const auto period = checks_durations ? duration() : free_duration();
  return object({
      {"test", command(Form::kHealthTest)},
      {.key = "timeout", .shape = period, .keeps_zero = true},
      {.key = "interval", .shape = period, .keeps_zero = true},
      {.key = "retries", .shape = whole_number(), .keeps_zero = true},
      {.key = "start_period", .shape = duration(), .since = 4, .keeps_zero = true},
      {.key = "start_interval", .shape = duration(), .since = 12, .keeps_zero = true},
      {"disable", truth()},
  });
}

ShapePtr networks() {
  const auto network = object({
      {"aliases", text_set()},
      {"driver_opts", options(), 13},
      {"ipv4_address", text()},
      {"ipv6_address", text()},
      {"link_local_ips", nothing(), kCompose},
      {"mac_address", nothing(), kCompose},
      {"priority", nothing(), kCompose},
      {"gw_priority", nothing(), kCompose},
      {"interface_name", nothing(), kCompose},
  });
  const auto by_name = make({.types = {"object"},
                             .keys = Keys::kNames,
                             .member = either(Form::kObject, {network, make({.types = {"null"}})}),
                             .others_since = kNever});
  return either(Form::kNetworks, {text_set(), by_name});
}

ShapePtr ports() {
  const auto port = object({
      {"mode", text()},
      {"target", unsigned_integer()},
      {"published", unsigned_integer(), 0, kVersionMax},
      {"published", loose_integer(), kCompose},
      {"protocol", text()},
      {"name", text(), kCompose},
      {"app_protocol", text(), kCompose},
      {"host_ip", text(), kCompose},
  });
  return set(either(Form::kAny, {make({.types = {"number"}, .format = "ports"}),
                                 make({.types = {"string"}, .format = "ports"}), port}),
             Form::kPorts);
}

ShapePtr old_ports() { return set(make({.types = {"string", "number"}, .format = "ports"}), Form::kPorts); }

ShapePtr ulimits() {
  const auto limits = make({.types = {"object"},
                            .form = Form::kObject,
                            .fields = {{"hard", integer()}, {"soft", integer()}},
                            .required = {"soft", "hard"},
                            .others_since = kNever});
  return make({.types = {"object"},
               .form = Form::kUlimits,
               .keys = Keys::kLowerCase,
               .member = either(Form::kAny, {integer(), limits})});
}

ShapePtr logging() { return object({{"driver", text()}, {"options", options({"string", "number", "null"})}}); }

ShapePtr expose() { return set(make({.types = {"string", "number"}, .format = "expose"}), Form::kShownList); }

}  // namespace

ShapePtr service_shape() {
  std::vector<Field> fields = {
      {"build", build()},
      {"cap_add", text_set()},
      {"cap_drop", text_set()},
      {"cgroupns_mode", text(), 9},
      {"cgroup_parent", text()},
      {"command", command()},
      {"configs", uses(), 3},
      {"container_name", text()},
      {"credential_spec", credential_spec(), 3},
      {"depends_on", text_set(), 0, kVersionMax},
      {"deploy", deploy_shape()},
      {"devices", text_set()},
      {"dns", text_or_set()},
      {"dns_search", text_or_set()},
      {"domainname", text()},
      {"entrypoint", command()},
      {"environment", pairs(Form::kMappingWithNull)},
      {"env_file", text_or_set(), 0, kVersionMax},
      {"expose", expose()},
      {"external_links", text_set()},
      {"extra_hosts", pairs(Form::kHosts)},
      {"hostname", text()},
      {.key = "healthcheck", .shape = healthcheck(false), .until = 3, .keeps_zero = true},
      {.key = "healthcheck", .shape = healthcheck(true), .since = 4, .keeps_zero = true},
      {"image", text()},
      {.key = "init", .shape = truth(), .since = 7, .keeps_zero = true},
      {"ipc", text()},
      {"isolation", text(), 5},
      {"labels", mapping()},
      {"links", text_set()},
      {.key = "logging", .shape = logging(), .keeps_zero = true},
      {"mac_address", text()},
      {"network_mode", text()},
      {"networks", networks()},
      {"pid", make({.types = {"string", "null"}, .form = Form::kText})},
      {"ports", old_ports(), 0, 1},
      {"ports", ports(), 2},
      {"privileged", truth()},
      {"read_only", truth()},
      {"restart", text()},
      {"secrets", uses(), 1},
      {"security_opt", text_set()},
      {"shm_size", make({.types = {"number", "string"}, .form = Form::kText})},
      {"stdin_open", truth()},
      {.key = "stop_grace_period", .shape = duration(), .keeps_zero = true},
      {"stop_signal", text()},
      {"sysctls", mapping()},
      {"tmpfs", text_or_set()},
      {"tty", truth()},
      {"ulimits", ulimits()},
      {"user", text()},
      {"oom_score_adj", make({.types = {"integer"}, .form = Form::kNothing}), 13},
      {"userns_mode", text()},
      {"volumes", set(make({.types = {"string"}, .form = Form::kMount})), 0, 1},
      {"volumes", list(mount_shape()), 2},
      {"working_dir", text()},
  };
  for (Field& field : compose_fields()) fields.push_back(std::move(field));
  return make({.types = {"object"},
               .form = Form::kObject,
               .fields = std::move(fields),
               .others_since = kNever,
               .extensions_since = 7});
}

}  // namespace skein::stack
