// The table of shapes: networks, volumes, secrets, configs, and the whole file.
#include <algorithm>

#include "base/result.h"
#include "stack/shape/shape_forms.h"

namespace skein::stack {

namespace {
using namespace forms;  // NOLINT: words of the table

ShapePtr external(bool is_open) {
  return make({.types = {"boolean", "object"},
               .form = Form::kExternal,
               .fields = {{"name", text()}},
               .others_since = is_open ? 0 : kNever});
}

ShapePtr cluster_spec() {
  const auto topology = open_object({{"segments", mapping()}});
  const auto mount_volume = open_object({{"fs_type", text()}, {"mount_flags", texts()}});
  return open_object({
      {"group", text()},
      {.key = "access_mode",
       .shape = open_object({{"scope", text()},
                             {"sharing", text()},
                             {.key = "mount_volume", .shape = mount_volume, .keeps_zero = true},
                             {.key = "block_volume", .shape = open_object({}), .keeps_zero = true}}),
       .keeps_zero = true},
      {.key = "accessibility_requirements",
       .shape = open_object({{"requisite", list(topology)}, {"preferred", list(topology)}}),
       .keeps_zero = true},
      {.key = "capacity_range",
       .shape = open_object({{"required_bytes", bytes()}, {"limit_bytes", bytes()}}),
       .keeps_zero = true},
      {"availability", text()},
  });
}

ShapePtr includes() {
  const auto names = either(Form::kTexts, {text(), texts()});
  const auto include = make({.types = {"object"},
                             .form = Form::kObject,
                             .fields = {{"path", names}, {"project_directory", text()}, {"env_file", names}},
                             .required = {"path"},
                             .others_since = kNever});
  return list(either(Form::kAny, {text(), include}));
}

ShapePtr section(const ShapePtr& member, bool is_open = false) {
  return make({.types = {"object"},
               .form = Form::kObjects,
               .keys = Keys::kNames,
               .member = member,
               .others_since = is_open ? 0 : kNever});
}

}  // namespace

ShapePtr network_shape() {
  const auto pool = object({
      {"subnet", text()},
      {"gateway", text(), kCompose},
      {"ip_range", text(), kCompose},
      {"aux_addresses", mapping(), kCompose},
  });
  return make({.types = {"object", "null"},
               .form = Form::kObject,
               .fields =
                   {
                       {"name", text(), 5},
                       {"driver", text()},
                       {"driver_opts", options()},
                       {"ipam", object({{"driver", text()}, {"config", list(pool)}, {"options", mapping(), kCompose}})},
                       {"external", external(false)},
                       {"internal", truth()},
                       {"attachable", truth(), 2},
                       {"enable_ipv4", truth(), kCompose},
                       {"enable_ipv6", truth(), kCompose},
                       {"labels", mapping()},
                   },
               .others_since = kNever,
               .extensions_since = 7});
}

ShapePtr volume_shape() {
  return make({.types = {"object", "null"},
               .form = Form::kObject,
               .fields =
                   {
                       {"name", text(), 4},
                       {"driver", text()},
                       {"driver_opts", options()},
                       {"external", external(false)},
                       {"labels", mapping()},
                       {.key = "x-cluster-spec", .shape = cluster_spec(), .since = 10, .keeps_zero = true},
                   },
               .others_since = kNever,
               .extensions_since = 7});
}

ShapePtr secret_shape() {
  return make({.types = {"object"},
               .form = Form::kObject,
               .fields =
                   {
                       {"name", text(), 5},
                       {"file", text()},
                       {"environment", text(), kCompose},
                       {"external", external(true)},
                       {"labels", mapping()},
                       {"driver", text(), 8},
                       {"driver_opts", options(), 8},
                       {"template_driver", text(), 8},
                   },
               .others_since = kNever,
               .extensions_since = 7});
}

ShapePtr config_shape() {
  return make({.types = {"object"},
               .form = Form::kObject,
               .fields =
                   {
                       {"name", text(), 5},
                       {"file", text()},
                       {"environment", text(), kCompose},
                       {"content", text(), kCompose},
                       {"external", external(true)},
                       {"labels", mapping()},
                       {"template_driver", text(), 8},
                   },
               .others_since = kNever,
               .extensions_since = 7});
}

const Field* Shape::field(std::string_view key, int version) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) {
    return field.key == key && field.since <= version && version <= field.until;
  });
  return found == fields.end() ? nullptr : &*found;
}

const Shape& file_shape() {
  static const ShapePtr shape = make({.types = {"object"},
                                      .fields =
                                          {
                                              {"version", text(), 0, kVersionMax},
                                              {"version", nothing(), kCompose},
                                              {"name", text(), kCompose},
                                              {"include", includes(), kCompose},
                                              {"services", section(service_shape())},
                                              {"networks", section(network_shape(), true)},
                                              {"volumes", section(volume_shape())},
                                              {"secrets", section(secret_shape()), 1},
                                              {"configs", section(config_shape()), 3},
                                          },
                                      .others_since = kNever,
                                      .extensions_since = 4});
  return *shape;
}

const Shape& section_shape(std::string_view section) {
  const Field* const found = file_shape().field(section, kVersionMax);
  SKEIN_ASSERT(found != nullptr);
  return *found->shape;
}

const Shape& one_service_shape() { return *section_shape("services").member; }

}  // namespace skein::stack
