#include "stack/load/sections.h"

#include <algorithm>

#include "stack/load/service_files.h"
#include "stack/normal/record.h"

namespace skein::stack {

namespace {

// The words that a section's complaints use.
struct ObjectKind {
  std::string_view section;
  std::string word;
  int renamed_in;  // the version since which an object has a name of its own
};

class SectionLoader {
 public:
  SectionLoader(int version, const Input& input) : version_(version), input_(input) {}

  Result<Value> services(const Value& given) {
    Map result;
    for (const auto& [name, service] : given.entries()) {
      SKEIN_TRY_ASSIGN(Value decoded, normalise(one_service_shape(), service, version_, input_.warn));
      SKEIN_TRY(version_ >= kCompose ? read_compose_service_files(decoded, input_)
                                     : read_service_files(decoded, input_));
      add_extensions(decoded, service);
      result.append(name, std::move(decoded));
    }
    return Value(std::move(result));
  }

  Result<Value> objects(const ObjectKind& kind, const Value& given) {
    SKEIN_TRY_ASSIGN(Value decoded, normalise(section_shape(kind.section), given, version_, input_.warn));
    const bool has_file = kind.section == "secrets" || kind.section == "configs";
    const Shape& shape = *section_shape(kind.section).member;
    for (auto& [name, object] : *decoded.as<Map>()) {
      const bool is_external = object.entries().contains("external");
      if (is_external) SKEIN_TRY(name_external(kind, shape, name, object));
      if (has_file && !is_external) SKEIN_TRY(find_file(kind, shape, name, object));
      if (has_file || is_external) add_extensions(object, given.at(name));
    }
    return decoded;
  }

 private:
  // What exists outside has the name that it has there.
  Result<void> name_external(const ObjectKind& kind, const Shape& shape, const std::string& name, Value& object) {
    if (kind.section == "volumes") SKEIN_TRY(check_external_volume(name, object));
    const std::string outside = object.at("external").at("name").text();
    const std::string own = kind.word + ".name";
    if (!outside.empty() && !object.at("name").text().empty()) {
      return invalid_argument(kind.word + " " + name + ": " + kind.word + ".external.name and " + own +
                              " conflict; only use " + own);
    }
    if (!outside.empty()) {
      if (version_ >= kind.renamed_in) {
        input_.warn(kind.word + " " + name + ": " + kind.word + ".external.name is deprecated in favor of " + own);
      }
      object.as<Map>()->set("external", true);
      set_field(object, shape, "name", outside);
    } else if (object.at("name").text().empty()) {
      set_field(object, shape, "name", name);
    }
    return {};
  }

  static Result<void> check_external_volume(const std::string& name, const Value& volume) {
    for (const char* const key : {"driver", "driver_opts", "labels"}) {
      if (!volume.entries().contains(key)) continue;
      return invalid_argument(std::string("conflicting parameters \"external\" and \"") + key +
                              "\" specified for volume " + go_quoted(name));
    }
    return {};
  }

  Result<void> find_file(const ObjectKind& kind, const Shape& shape, const std::string& name, Value& object) const {
    if (version_ >= kCompose) SKEIN_TRY(check_origin(kind, name, object));
    const std::string& file = object.at("file").text();
    if (version_ >= kCompose && file.empty()) return {};
    if (object.entries().contains("driver")) {
      if (file.empty()) return {};
      return invalid_argument(kind.word + " " + name + ": " + kind.word + ".driver and " + kind.word +
                              ".file conflict; only use " + kind.word + ".driver");
    }
    set_field(object, shape, "file", joined_path(input_.folder, file));
    return {};
  }

  // What a secret or config holds comes from one place.
  static Result<void> check_origin(const ObjectKind& kind, const std::string& name, const Value& object) {
    const auto count = std::count_if(std::begin(kOrigins), std::end(kOrigins),
                                     [&](const char* key) { return object.entries().contains(key); });
    if (count == 1) return {};
    return invalid_argument(kind.word + " " + name + ": one of file, environment, content, driver or external is " +
                            (count == 0 ? "needed" : "enough"));
  }

  static constexpr const char* kOrigins[] = {"file", "environment", "content", "driver"};

  static void add_extensions(Value& object, const Value& given) {
    for (auto& [key, value] : extensions(given)) {
      if (!object.entries().contains(key)) object.as<Map>()->append(key, value);
    }
  }

  const int version_;
  const Input& input_;
};

}  // namespace

Result<Value> load_sections(const Value& file, int version, Map head, const Input& input) {
  SectionLoader loader(version, input);
  Map model = std::move(head);
  model.is_record = true;
  SKEIN_TRY_ASSIGN(Value services, loader.services(file.at("services")));
  model.append("services", std::move(services));
  for (const ObjectKind& kind : {ObjectKind{"networks", "network", 5}, ObjectKind{"volumes", "volume", 4},
                                 ObjectKind{"secrets", "secret", 5}, ObjectKind{"configs", "config", 5}}) {
    SKEIN_TRY_ASSIGN(Value objects, loader.objects(kind, file.at(kind.section)));
    model.append(std::string(kind.section), std::move(objects));
  }
  for (auto& [key, value] : extensions(file)) model.append(key, value);
  return Value(std::move(model));
}

}  // namespace skein::stack
