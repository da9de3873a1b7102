#include "stack/shape/validate.h"

#include <algorithm>
#include <cmath>

#include "stack/shape/formats.h"

namespace skein::stack {

namespace {

std::string json_type(const Value& value) {
  if (value.is_null()) return "null";
  if (value.is<bool>()) return "boolean";
  if (value.is<List>()) return "array";
  if (value.is<Map>()) return "object";
  if (value.is<std::string>() || value.is<Moment>()) return "string";
  const auto* const number = value.as<double>();
  return number == nullptr || std::trunc(*number) == *number ? "integer" : "number";
}

// What a right type counts, beside what the checks below count: one for each check that Docker's client makes.
int points_of(const std::string& type) {
  if (type == "integer" || type == "number" || type == "boolean") return 3;
  return type == "string" || type == "object" ? 2 : 1;
}

bool is_of_type(const Shape& shape, const std::string& type, int version) {
  if (shape.types.empty()) return true;
  // Where a text or a number will do, today's Compose takes truth values.
  const auto has = [&](std::string_view word) {
    return std::find(shape.types.begin(), shape.types.end(), word) != shape.types.end();
  };
  if (version >= kCompose && type == "boolean" && has("string") && has("number")) return true;
  return std::any_of(shape.types.begin(), shape.types.end(), [&](std::string_view allowed) {
    return allowed == type || (allowed == "number" && type == "integer");
  });
}

bool has_key(Keys keys, std::string_view key) {
  const auto all = [&](auto is_fine) { return !key.empty() && std::all_of(key.begin(), key.end(), is_fine); };
  switch (keys) {
    case Keys::kNone: return false;
    case Keys::kAny: return !key.empty();
    case Keys::kNames:
      return all([](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
      });
    case Keys::kLowerCase: return all([](char c) { return c >= 'a' && c <= 'z'; });
  }
  return false;
}

class Validator {
 public:
  explicit Validator(int version) : version_(version) {}

  Complaints check(const Shape& shape, const Value& value) {
    Complaints found;
    const std::string type = json_type(value);
    if (!is_of_type(shape, type, version_)) {
      found.add_type(path_, shape.types);
      return found;
    }
    found.add_score(points_of(type));
    if (!shape.one_of.empty()) check_one_of(shape, value, found);
    if (const auto* const list = value.as<List>()) check_list(shape, *list, found);
    if (const auto* const map = value.as<Map>()) check_map(shape, *map, found);
    check_scalar(shape, value, found);
    if (const auto* const map = value.as<Map>()) check_fields(shape, *map, found);
    found.add_score();
    return found;
  }

 private:
  // The complaints are those of the alternative that fits best.
  void check_one_of(const Shape& shape, const Value& value, Complaints& found) {
    std::optional<Complaints> best;
    size_t fitting = 0;
    for (const ShapePtr& alternative : shape.one_of) {
      Complaints complaints = check(*alternative, value);
      if (complaints.empty()) {
        ++fitting;
      } else if (fitting == 0 && (!best || complaints.score() > best->score())) {
        best = std::move(complaints);
      }
    }
    if (fitting == 1) return;
    found.add_one_of(path_);
    if (fitting == 0) found.merge(*best);
  }

  void check_list(const Shape& shape, const List& list, Complaints& found) {
    if (shape.items != nullptr) {
      for (size_t i = 0; i < list.size(); ++i) found.merge(below(*shape.items, list[i], std::to_string(i)));
    }
    if (shape.is_unique) {
      for (const auto& [first, second] : doubles(list)) {
        found.add(path_, "array items[" + std::to_string(first) + "," + std::to_string(second) + "] must be unique");
      }
    }
    found.add_score();
  }

  void check_map(const Shape& shape, const Map& map, Complaints& found) {
    for (const std::string_view key : shape.required) {
      if (!map.contains(key)) found.add(path_, std::string(key) + " is required");
    }
    for (const auto& [key, value] : map) {
      bool is_known = shape.field(key, version_) != nullptr;
      if (has_key(shape.keys, key)) {
        found.merge(below(*shape.member, value, key));
        is_known = true;
        found.add_score();
      }
      if (key.starts_with("x-") && (version_ >= shape.extensions_since || version_ >= kCompose)) {
        is_known = true;
        found.add_score();
      }
      if (!is_known && version_ < shape.others_since)
        found.add(path_, "Additional property " + key + " is not allowed", key);
    }
    found.add_score();
  }

  void check_scalar(const Shape& shape, const Value& value, Complaints& found) const {
    if (shape.minimum && value.integer() < *shape.minimum) {
      found.add(path_, "Must be greater than or equal to " + std::to_string(*shape.minimum));
    }
    if (!shape.words.empty() && std::find(shape.words.begin(), shape.words.end(), value.text()) == shape.words.end()) {
      std::string allowed;
      for (const std::string_view word : shape.words) allowed += (allowed.empty() ? "" : ", ") + go_quoted(word);
      found.add(path_, where(path_) + " must be one of the following: " + allowed);
    }
    if (!has_format(shape.format, value)) {
      found.add(path_, "Does not match format '" + std::string(shape.format) + "'");
    }
    found.add_score();
  }

  void check_fields(const Shape& shape, const Map& map, Complaints& found) {
    for (const Field& field : shape.fields) {
      const Value* const value = map.find(field.key);
      if (value == nullptr || &field != shape.field(field.key, version_)) continue;
      if (value->is_null() && version_ >= kCompose) continue;  // as if it were not there
      found.merge(below(*field.shape, *value, std::string(field.key)));
    }
  }

  Complaints below(const Shape& shape, const Value& value, const std::string& key) {
    path_.push_back(key);
    Complaints complaints = check(shape, value);
    path_.pop_back();
    return complaints;
  }

  const int version_;
  Path path_;
};

// What JSON has no text for.
Result<void> check_json(const Value& value) {
  if (value.is<OddMap>()) return invalid_argument("json: unsupported type: map[interface {}]interface {}");
  if (const auto* const number = value.as<double>()) {
    const std::string text = shown(value);
    if (text == "NaN" || text == "+Inf" || text == "-Inf") return invalid_argument("json: unsupported value: " + text);
  }
  for (const Value& item : value.items()) SKEIN_TRY(check_json(item));
  for (const auto& [key, member] : value.entries()) SKEIN_TRY(check_json(member));
  return {};
}

}  // namespace

std::optional<int> minor_version(std::string_view version) {
  for (int minor = 0; minor <= kVersionMax; ++minor) {
    if (version == "3." + std::to_string(minor)) return minor;
  }
  return std::nullopt;
}

Result<void> validate(const Value& file, std::string_view version) {
  const auto minor = minor_version(version);
  if (!minor) return invalid_argument("unsupported Compose file version: " + std::string(version));
  SKEIN_TRY(check_json(file));
  const Complaints complaints = Validator(*minor).check(file_shape(), file);
  if (!complaints.empty()) return invalid_argument(complaints.deepest());
  return {};
}

Result<std::vector<Problem>> problems_of(const Value& file) {
  SKEIN_TRY(check_json(file));
  return Validator(kCompose).check(file_shape(), file).all();
}

}  // namespace skein::stack
