#include "api/requests/members.h"

#include <cmath>

#include "base/bytes.h"
#include "model/objects.h"

namespace skein::api {

using nlohmann::json;

Members::Members(const json& value, std::string path, std::optional<Error>& problem)
    : value_(value), path_(std::move(path)), problem_(problem) {
  if (!value_.is_object()) note((path_.empty() ? "invalid JSON: the request" : path_) + " must be an object");
}

void Members::note(std::string what) {
  if (!problem_) problem_ = make_error(Code::kInvalidArgument, std::move(what));
}

void Members::wrong(const char* key, const std::string& wanted) { note(path_of(key) + " must be " + wanted); }

const json* Members::find(const char* key) {
  if (problem_) return nullptr;
  auto found = value_.find(key);
  return found == value_.end() || found->is_null() ? nullptr : &*found;
}

std::string Members::text(const char* key) {
  const json* value = find(key);
  if (!value) return {};
  if (value->is_string()) return value->get<std::string>();
  wrong(key, "a string");
  return {};
}

bool Members::flag(const char* key) {
  const json* value = find(key);
  if (!value) return false;
  if (value->is_boolean()) return value->get<bool>();
  wrong(key, "true or false");
  return false;
}

double Members::fraction(const char* key) {
  const json* value = find(key);
  if (!value) return 0;
  if (value->is_number() && std::abs(value->get<double>()) <= std::numeric_limits<float>::max())
    return value->get<double>();
  wrong(key, "a number");
  return 0;
}

int64_t Members::integer_or_bits(const char* key, int64_t min, uint64_t max) {
  const json* value = find(key);
  if (!value) return 0;
  // What is larger than 64 bits is a floating point number to the parser.
  if (value->is_number_unsigned() && value->get<uint64_t>() <= max) return static_cast<int64_t>(value->get<uint64_t>());
  if (value->is_number_integer() && !value->is_number_unsigned()) {
    const auto number = value->get<int64_t>();
    if (number >= min && (number < 0 || static_cast<uint64_t>(number) <= max)) return number;
  }
  wrong(key, "a whole number between " + std::to_string(min) + " and " + std::to_string(max));
  return 0;
}

google::protobuf::Duration Members::duration(const char* key) { return model::to_wire(Duration(number<int64_t>(key))); }

std::vector<std::string> Members::texts(const char* key) {
  std::vector<std::string> out;
  const json* list = find(key);
  if (!list) return out;
  bool is_fine =
      list->is_array() && std::all_of(list->begin(), list->end(), [](const json& j) { return j.is_string(); });
  if (!is_fine) return wrong(key, "a list of strings"), out;
  for (const json& one : *list) out.push_back(one.get<std::string>());
  return out;
}

std::string Members::bytes(const char* key) {
  auto decoded = from_base64(text(key));
  if (decoded.ok()) return *decoded;
  wrong(key, "base64");
  return {};
}

json Members::raw(const char* key) {
  const json* value = find(key);
  return value ? *value : json();
}

std::vector<std::pair<std::string, std::string>> Members::map(const char* key) {
  std::vector<std::pair<std::string, std::string>> out;
  const json* object = find(key);
  if (!object) return out;
  if (!object->is_object()) return wrong(key, "an object"), out;
  for (const auto& [name, value] : object->items()) {
    if (!value.is_string()) {
      note(path_of(key) + "." + name.substr(0, 100) + " must be a string");
      return {};
    }
    out.emplace_back(name, value.get<std::string>());
  }
  return out;
}

}  // namespace skein::api
