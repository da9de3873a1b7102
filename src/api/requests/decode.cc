#include "api/requests/decode.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "api/replies/json_reader.h"
#include "base/bytes.h"

namespace skein::api {

using nlohmann::json;
using schema::Member;
using schema::Schema;
using Kind = Schema::Kind;

namespace {

// As Go's encoding/json folds names: letters of ASCII, and the two letters beyond that fold to one of them.
std::string folded(std::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name.substr(i, 3) == "\u212a") {  // the sign of Kelvin
      out += 'k';
      i += 2;
    } else if (name.substr(i, 2) == "\u017f") {  // the long s
      out += 's';
      i += 1;
    } else {
      out += name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] | 0x20) : name[i];
    }
  }
  return out;
}

template <class Test>
const Member* find_member(std::span<const Member> members, Test is_wanted) {
  for (const Member& member : members) {
    if (!member.name.empty()) {
      if (is_wanted(member.name)) return &member;
    } else if (const Member* inner = find_member(member.schema->members, is_wanted)) {
      return inner;
    }
  }
  return nullptr;
}

const Member* find_member(std::span<const Member> members, const std::string& key) {
  if (const Member* exact = find_member(members, [&](std::string_view name) { return name == key; })) return exact;
  const std::string wanted = folded(key);
  return find_member(members, [&](std::string_view name) { return folded(name) == wanted; });
}

const char* value_name(char first) {
  switch (first) {
    case '{': return "object";
    case '[': return "array";
    case '"': return "string";
    case 't':
    case 'f': return "bool";
    default: return "number";
  }
}

// Where Go's decoder of the standard alphabet, with padding, gives up; line ends are skipped there.
std::optional<size_t> misplaced_in_base64(std::string_view text) {
  size_t digits = 0, paddings = 0, quantum = 0;  // where the four characters begin that are being read
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n' || c == '\r') continue;
    if ((digits + paddings) % 4 == 0) {
      if (paddings > 0) return at;
      quantum = at;
    }
    const bool is_digit = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/';
    if (is_digit ? paddings > 0 : c != '=' || digits % 4 < 2) return at;
    ++(is_digit ? digits : paddings);
  }
  if ((digits + paddings) % 4 != 0) return quantum;
  return std::nullopt;
}

// What null makes of an element of a list or map.
json zero_of(const Schema& schema) {
  switch (schema.kind) {
    case Kind::kText:
    case Kind::kBytes: return "";
    case Kind::kFlag: return false;
    case Kind::kWhole:
    case Kind::kFraction: return 0;
    case Kind::kMap:
    case Kind::kStruct: return json::object();
    case Kind::kWords:
    case Kind::kList: return json::array();
    case Kind::kAny: break;
  }
  return nullptr;
}

class Decoder {
 public:
  explicit Decoder(std::string_view text) : reader_(text) {}

  // Reads a value into `out`, which keeps what it has where the value is of another kind: only the first mistake is
  // told, and the rest is read to its end.
  void read(const Schema& schema, json& out) {
    const char first = reader_.peek();
    if (first == 'n') {
      reader_.literal();
      if (schema.kind == Kind::kList || schema.kind == Kind::kMap || schema.kind == Kind::kAny) out = nullptr;
      return;
    }
    switch (schema.kind) {
      case Kind::kText: return first == '"' ? void(out = reader_.text()) : refuse(schema, first);
      case Kind::kFlag:
        return first == 't' || first == 'f' ? void(out = reader_.literal() == "true") : refuse(schema, first);
      case Kind::kWhole: return read_whole(schema, first, out);
      case Kind::kFraction: return read_fraction(schema, first, out);
      case Kind::kBytes: return read_bytes(schema, first, out);
      case Kind::kWords: return read_words(schema, first, out);
      case Kind::kList: return first == '[' ? read_list(*schema.element, out) : refuse(schema, first);
      case Kind::kMap: return first == '{' ? read_map(*schema.element, out) : refuse(schema, first);
      case Kind::kStruct: return first == '{' ? read_struct(schema, out) : refuse(schema, first);
      case Kind::kAny: return read_any(out);
    }
  }

  const std::string& error() const { return error_; }

 private:
  void refuse(const Schema& schema, char first) {
    reader_.skip();
    complain(value_name(first), schema.type);
  }
  void complain(const std::string& value, std::string_view type) {
    if (!error_.empty()) return;
    std::string path;
    for (const auto& name : path_) path += "." + std::string(name);
    const std::string place = path.empty() ? "Go value" : "Go struct field " + std::string(struct_) + path;
    error_ = "json: cannot unmarshal " + value + " into " + place + " of type " + std::string(type);
  }
  // A number that is none of the type is shown itself.
  void complain_of_number(std::string_view literal, const Schema& schema) {
    complain("number " + std::string(literal.substr(0, 100)), schema.type);
  }

  bool is_number(char first) const { return first == '-' || (first >= '0' && first <= '9'); }

  void read_whole(const Schema& schema, char first, json& out) {
    if (!is_number(first)) return refuse(schema, first);
    const std::string_view literal = reader_.literal();
    const char* end = literal.data() + literal.size();
    if (schema.min < 0) {
      int64_t value = 0;
      auto [stop, ec] = std::from_chars(literal.data(), end, value);
      if (ec != std::errc() || stop != end || value < schema.min ||
          (value > 0 && static_cast<uint64_t>(value) > schema.max))
        return complain_of_number(literal, schema);
      out = value < 0 ? json(value) : json(static_cast<uint64_t>(value));
    } else {
      uint64_t value = 0;
      auto [stop, ec] = std::from_chars(literal.data(), end, value);
      if (ec != std::errc() || stop != end || value > schema.max) return complain_of_number(literal, schema);
      out = value;
    }
  }

  void read_fraction(const Schema& schema, char first, json& out) {
    if (!is_number(first)) return refuse(schema, first);
    const std::string_view literal = reader_.literal();
    double value = 0;
    auto [stop, ec] = std::from_chars(literal.data(), literal.data() + literal.size(), value);
    if (ec == std::errc::result_out_of_range && std::abs(value) < 1) value = 0, ec = {};
    if (ec != std::errc() || std::abs(value) > std::numeric_limits<float>::max())
      return complain_of_number(literal, schema);
    out = value;
  }

  void read_bytes(const Schema& schema, char first, json& out) {
    if (first != '"') return refuse(schema, first);
    std::string encoded = reader_.text();
    if (const auto wrong = misplaced_in_base64(encoded); wrong && error_.empty())
      error_ = "illegal base64 data at input byte " + std::to_string(*wrong);
    out = std::move(encoded);
  }

  void read_words(const Schema& schema, char first, json& out) {
    if (first == '"') return void(out = json::array({reader_.text()}));
    if (first != '[') return refuse(schema, first);
    read_list(schema::kText, out);
  }

  void read_any(json& out) {
    out = json::parse(reader_.skip(), nullptr, false);
    if (out.is_discarded()) out = nullptr;  // bytes that are no UTF-8
  }

  void read_list(const Schema& element, json& out) {
    out = json::array();
    reader_.open();
    while (reader_.next()) {
      out.push_back(zero_of(element));
      read(element, out.back());
    }
  }

  void read_map(const Schema& element, json& out) {
    if (!out.is_object()) out = json::object();
    reader_.open();
    while (reader_.next()) {
      json& value = out[reader_.key()];
      value = zero_of(element);
      read(element, value);
    }
  }

  void read_struct(const Schema& schema, json& out) {
    if (!out.is_object()) out = json::object();
    const std::string_view outer = struct_;
    reader_.open();
    while (reader_.next()) {
      const Member* member = find_member(schema.members, reader_.key());
      if (member == nullptr) {
        reader_.skip();
        continue;
      }
      struct_ = schema.type.substr(schema.type.find('.') + 1);
      path_.push_back(member->name);
      const std::string name(member->name);
      json value = out.contains(name) ? std::move(out[name]) : json();
      read(*member->schema, value);
      if (value.is_null())
        out.erase(name);
      else
        out[name] = std::move(value);
      path_.pop_back();
      struct_ = outer;
    }
  }

  JsonReader reader_;
  std::string_view struct_;             // the innermost type with members that is being read
  std::vector<std::string_view> path_;  // from the outside to the member that is being read
  std::string error_;
};

}  // namespace

Result<json> decode(std::string_view text, const Schema& schema) {
  Decoder decoder(text);
  json out = zero_of(schema);
  decoder.read(schema, out);
  if (!decoder.error().empty()) return make_error(Code::kInvalidArgument, decoder.error());
  return out;
}

}  // namespace skein::api
