// The table of shapes: a service's `deploy`, and its mounts.
#include "stack/shape/shape_forms.h"

namespace skein::stack {

namespace {
using namespace forms;  // NOLINT: words of the table

ShapePtr update_config() {
  return object({
      {.key = "parallelism", .shape = unsigned_integer(), .keeps_zero = true},
      {"delay", free_duration(), 0, 3},
      {"delay", duration(), 4},
      {"failure_action", text()},
      {"monitor", free_duration(), 0, 3},
      {"monitor", duration(), 4},
      {"max_failure_ratio", real()},
      {"order", make({.types = {"string"}, .form = Form::kText, .words = {"start-first", "stop-first"}}), 4},
  });
}

ShapePtr restart_policy() {
  return object({
      {"condition", text()},
      {.key = "delay", .shape = duration(), .keeps_zero = true},
      {.key = "max_attempts", .shape = unsigned_integer(), .keeps_zero = true},
      {.key = "window", .shape = duration(), .keeps_zero = true},
  });
}

ShapePtr resources() {
  const auto discrete = object({
      {.key = "kind", .shape = text(), .keeps_zero = true},
      {.key = "value", .shape = make({.types = {"number"}, .form = Form::kInteger}), .keeps_zero = true},
  });
  const auto generic = list(object({{.key = "discrete_resource_spec", .shape = discrete, .keeps_zero = true}}));
  return object({
      {.key = "limits",
       .shape = object({{"cpus", text()}, {"memory", bytes()}, {"pids", integer(), 9}}),
       .keeps_zero = true},
      {.key = "reservations",
       .shape = object({{"cpus", text()},
                        {"memory", bytes()},
                        {"generic_resources", generic, 5},
                        {"devices", nothing(), kCompose}}),
       .keeps_zero = true},
  });
}

ShapePtr placement() {
  return object({
      {"constraints", texts()},
      {"preferences", list(object({{"spread", text()}})), 3},
      {"max_replicas_per_node", unsigned_integer(), 8},
  });
}

}  // namespace

ShapePtr deploy_shape() {
  return make({.types = {"object", "null"},
               .form = Form::kObject,
               .fields =
                   {
                       {"mode", text()},
                       {.key = "replicas", .shape = unsigned_integer(), .keeps_zero = true},
                       {"labels", mapping()},
                       {.key = "update_config", .shape = update_config(), .keeps_zero = true},
                       {.key = "rollback_config", .shape = update_config(), .since = 7, .keeps_zero = true},
                       {"resources", resources()},
                       {.key = "restart_policy", .shape = restart_policy(), .keeps_zero = true},
                       {"placement", placement()},
                       {"endpoint_mode", text(), 2},
                   },
               .others_since = kNever});
}

ShapePtr mount_shape() {
  const auto tmpfs_size = make({.types = {"integer"}, .form = Form::kInteger, .minimum = 0});
  // "subpath" is taken, though no version names it: the object is open.
  const auto volume = open_object({{"nocopy", truth()}, {"subpath", make({.form = Form::kText})}});
  const auto mount = make(
      {.types = {"object"},
       .form = Form::kObject,
       .fields =
           {
               {"type", text()},
               {"source", text()},
               {"target", text()},
               {"read_only", truth()},
               {"consistency", text()},
               {.key = "bind", .shape = open_object({{"propagation", text()}}), .keeps_zero = true},
               {.key = "volume", .shape = volume, .keeps_zero = true},
               {.key = "tmpfs",
                .shape = open_object({{"size", tmpfs_size}}),
                .since = 6,
                .until = kVersionMax,
                .keeps_zero = true},
               {.key = "tmpfs", .shape = open_object({{"size", loose_bytes()}}), .since = kCompose, .keeps_zero = true},
           },
       .required = {"type"},
       .others_since = kNever});
  return either(Form::kMount, {text(), mount});
}

}  // namespace skein::stack
