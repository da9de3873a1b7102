// The table of shapes: what services may hold in the Compose Specification and not in Docker's versions of it.
#include "stack/shape/properties.h"
#include "stack/shape/shape_forms.h"

namespace skein::stack {

namespace {
using namespace forms;  // NOLINT: words of the table

ShapePtr prerequisites() {
  const auto condition = make({.types = {"string"},
                               .form = Form::kText,
                               .words = {"service_started", "service_healthy", "service_completed_successfully"}});
  const auto prerequisite = object({{"condition", condition}, {"restart", truth()}, {"required", truth()}});
  const auto by_name =
      make({.types = {"object"}, .keys = Keys::kNames, .member = prerequisite, .others_since = kNever});
  return either(Form::kPrerequisites, {text_set(), by_name});
}

ShapePtr env_files() {
  const auto file = make({.types = {"object"},
                          .form = Form::kObject,
                          .fields = {{"path", text()}, {"required", truth()}, {"format", text()}},
                          .required = {"path"},
                          .others_since = kNever});
  return either(Form::kTexts, {text(), list(either(Form::kAny, {text(), file}))});
}

ShapePtr extended() {
  const auto reference = make({.types = {"object"},
                               .form = Form::kObject,
                               .fields = {{"service", text()}, {"file", text()}},
                               .required = {"service"},
                               .others_since = kNever});
  return either(Form::kExtends, {text(), reference});
}

}  // namespace

std::vector<Field> compose_fields() {
  std::vector<Field> fields = {
      {"depends_on", prerequisites(), kCompose},
      {"dns_opt", texts(), kCompose},
      {"env_file", env_files(), kCompose},
      {"extends", extended(), kCompose},
      {"group_add", list(make({.types = {"string", "number"}}), Form::kShownList), kCompose},
      {"profiles", text_set(), kCompose},
      // These become fields of `deploy`.
      {"cpus", make({.types = {"number", "string"}, .form = Form::kAny}), kCompose},
      {"mem_limit", loose_bytes(), kCompose},
      {"mem_reservation", loose_bytes(), kCompose},
      {"pids_limit", loose_integer(), kCompose},
      {.key = "scale", .shape = loose_integer(), .since = kCompose, .keeps_zero = true},
  };
  for (const std::string_view key : ignored_compose_keys()) fields.push_back({key, nothing(), kCompose});
  return fields;
}

}  // namespace skein::stack
