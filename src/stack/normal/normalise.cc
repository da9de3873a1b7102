#include "stack/normal/normalise.h"

#include "stack/normal/port_list.h"
#include "stack/normal/scalars.h"
#include "stack/values/mounts.h"
#include "stack/values/pairs.h"

namespace skein::stack {

namespace {

// Names as Docker's client has them in its errors: those of its own fields, or of the file's.
std::string decoded_name(std::string_view key) {
  for (const std::string_view plain : {"cpus", "memory", "pids", "isolation", "domainname", "nocopy", "subpath"}) {
    if (key == plain) return std::string(key);
  }
  if (key.find('_') != std::string_view::npos) return std::string(key);
  if (key == "dns" || key == "uid" || key == "gid") return key == "dns" ? "DNS" : key == "uid" ? "UID" : "GID";
  if (key == "healthcheck") return "HealthCheck";
  std::string name(key);
  name[0] = static_cast<char>(name[0] - ('a' - 'A'));
  return name;
}

// As Go names the kind of a value that is no mapping.
std::string kind_name(const Value& value) {
  return value.is<List>() ? "slice" : value.is<Moment>() ? "struct" : type_name(value);
}

bool is_zero(const Value& value) {
  if (value.is<Map>()) return value.entries().empty();
  if (value.is<List>()) return value.items().empty();
  if (value.is<bool>()) return !value.is_true();
  if (const auto* const number = value.as<double>()) return *number == 0;
  if (value.is<std::string>()) return value.text().empty();
  return value.is_null() || ((value.is<int64_t>() || value.is<uint64_t>()) && value.integer() == 0);
}

class Decoder {
 public:
  Decoder(int version, const Warn& warn) : version_(version), warn_(warn) {}

  Value decode(const Shape& shape, const Value& value) {
    switch (shape.form) {
      case Form::kAny: return alternative(shape, value);
      case Form::kNothing: return {};
      case Form::kObject:
        return object(shape.fields.empty() && !shape.one_of.empty() ? *shape.one_of[0] : shape, value);
      case Form::kObjects: return objects(shape, value);
      case Form::kList: return list(*shape.items, value);
      case Form::kTexts: return value.is<std::string>() ? Value(List{value}) : value;
      case Form::kShownList: return shown_list(value);
      case Form::kCommand: return taken(split_command(value));
      case Form::kHealthTest: return value.is<std::string>() ? Value(List{"CMD-SHELL", value}) : value;
      case Form::kMapping: return mapping(value, "=", false);
      case Form::kMappingWithNull: return mapping(value, "=", true);
      case Form::kOptions: return mapping(value, "=", false);
      case Form::kHosts: return host_list(value);
      case Form::kPorts: return ports(shape, value);
      case Form::kMount: return mount(shape, value);
      case Form::kSource: return source(shape, value);
      case Form::kNetworks: return networks(shape, value);
      case Form::kUlimits: return ulimits(value);
      case Form::kExternal: return external(value);
      case Form::kBuild: return build(shape, value);
      case Form::kPrerequisites: return prerequisites(value);
      case Form::kExtends: return value.is<Map>() ? decode(*shape.one_of[1], value) : short_form("service", value);
      default: return scalar(shape.form, value);
    }
  }

  Result<Value> result(Value value) const {
    if (errors_.empty()) return value;
    std::string text = "decoding failed due to the following error(s):\n";
    for (const std::string& error : errors_) text += "\n" + error;
    return invalid_argument(text);
  }

 private:
  void fail(const std::string& text) { errors_.push_back(text); }

  Value taken(Result<Value> value) {
    if (value.ok()) return *std::move(value);
    fail("error decoding '" + name_ + "': " + value.error().what);
    return {};
  }

  Value scalar(Form form, const Value& value) {
    auto decoded = decode_scalar(form, name_, value);
    if (decoded.ok()) return *std::move(decoded);
    fail(decoded.error().what);
    return {};
  }

  // With a part of the name while it is decoded.
  Value below(const Shape& shape, const Value& value, const std::string& part) {
    const std::string before = name_;
    name_ += (before.empty() || part.starts_with('[') ? "" : ".") + part;
    Value decoded = decode(shape, value);
    name_ = before;
    return decoded;
  }

  // The long one of several forms.
  Value alternative(const Shape& shape, const Value& value) {
    for (const ShapePtr& one : shape.one_of) {
      if (one->form == Form::kObject && value.is<Map>()) return decode(*one, value);
    }
    return value;
  }

  Value object(const Shape& shape, const Value& value) {
    Map result;
    result.is_record = true;
    for (const Field& field : shape.fields) {
      const Value* const given = value.entries().find(field.key);
      if (given == nullptr || &field != shape.field(field.key, version_)) continue;
      if (given->is_null() && version_ >= kCompose) continue;
      Value decoded = below(*field.shape, *given, decoded_name(field.key));
      // An empty list of texts is not shown, but says that there are none.
      const bool is_kept = field.keeps_zero || field.shape->form == Form::kTexts;
      if (decoded.is_null() || (!is_kept && is_zero(decoded))) continue;
      result.append(std::string(field.key), std::move(decoded));
    }
    return result;
  }

  Value objects(const Shape& shape, const Value& value) {
    Map result;
    for (const auto& [key, member] : value.entries()) {
      // Of names that the table does not know, nothing was checked.
      if (!member.is<Map>() && !member.is_null())
        fail("'[" + key + "]' expected a map, got '" + kind_name(member) + "'");
      result.append(key, below(*shape.member, member, "[" + key + "]"));
    }
    return result;
  }

  Value list(const Shape& items, const Value& value) {
    List result;
    for (const Value& item : value.items()) {
      result.push_back(below(items, item, "[" + std::to_string(result.size()) + "]"));
    }
    return result;
  }

  static Value shown_list(const Value& value) {
    List result;
    for (const Value& item : value.items()) result.emplace_back(shown(item));
    return result;
  }

  Value ports(const Shape& shape, const Value& value) {
    List result;
    for (const Value& item : value.items()) {
      if (item.is<Map>()) {
        result.push_back(below(*shape.items, item, "[" + std::to_string(result.size()) + "]"));
        continue;
      }
      auto expanded = expand_port(item, warn_);
      if (!expanded.ok()) return taken(expanded.error());
      result.insert(result.end(), expanded->begin(), expanded->end());
    }
    return result;
  }

  Value mount(const Shape& shape, const Value& value) {
    if (value.is<Map>()) return alternative(shape, value);
    auto parsed = parse_mount(value.text());
    if (!parsed.ok()) return taken(parsed.error());
    const Shape& form = shape.one_of.empty() ? *mount_shape()->one_of[1] : *shape.one_of[1];
    return object(form, *parsed);
  }

  Value source(const Shape& shape, const Value& value) {
    if (value.is<Map>()) return decode(*shape.one_of[1], value);
    return short_form("source", value);
  }

  Value build(const Shape& shape, const Value& value) {
    if (value.is<Map>()) return decode(*shape.one_of[1], value);
    return value.text().empty() ? Value(Map()) : short_form("context", value);
  }

  static Value prerequisites(const Value& value) {
    Map result;
    for (const Value& name : value.items()) result.append(name.text(), prerequisite({}));
    for (const auto& [name, given] : value.entries()) result.append(name, prerequisite(given));
    result.sort();
    return result;
  }

  static Value prerequisite(const Value& given) {
    Map result;
    result.is_record = true;
    const std::string& condition = given.at("condition").text();
    result.append("condition", condition.empty() ? "service_started" : condition);
    if (given.at("restart").is_true()) result.append("restart", true);
    const Value& required = given.at("required");
    result.append("required", required.is_null() || required.is_true());
    return result;
  }

  static Value short_form(const char* key, const Value& value) {
    Map result;
    result.is_record = true;
    result.append(key, value);
    return result;
  }

  Value networks(const Shape& shape, const Value& value) {
    Map result;
    for (const Value& name : value.items()) result.append(name.text(), {});
    for (const auto& [name, network] : value.entries()) {
      result.append(name, network.is_null() ? Value() : decode(*shape.one_of[1]->member, network));
    }
    result.sort();
    return result;
  }

  Value ulimits(const Value& value) {
    Map result;
    for (const auto& [name, limit] : value.entries()) {
      if (!limit.is<Map>()) {
        // Zero is what a missing number is, too.
        Map none;
        none.is_record = true;
        result.append(name, limit.integer() == 0 ? Value(none) : limit);
        continue;
      }
      Map pair;
      pair.is_record = true;
      for (const char* const key : {"soft", "hard"}) {
        if (limit.at(key).integer() != 0) pair.append(key, limit.at(key));
      }
      result.append(name, std::move(pair));
    }
    return result;
  }

  // True, or a mapping with the name that it has outside.
  static Value external(const Value& value) {
    if (value.is<bool>()) return value;
    return value.at("name").text().empty() ? Value(true) : value;
  }

  const int version_;
  const Warn& warn_;
  std::string name_;
  std::vector<std::string> errors_;
};

}  // namespace

Result<Value> normalise(const Shape& shape, const Value& value, int version, const Warn& warn) {
  Decoder decoder(version, warn);
  Value decoded = decoder.decode(shape, value);
  return decoder.result(std::move(decoded));
}

Map extensions(const Value& value) {
  Map found;
  for (const auto& [key, member] : value.entries()) {
    if (key.starts_with("x-")) found.append(key, member);
  }
  return found;
}

}  // namespace skein::stack
