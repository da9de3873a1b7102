#include "wire/memberlist/msgpack.h"

#include <optional>

#include "wire/memberlist/big_endian.h"

namespace skein::wire::memberlist {

namespace {

// Format codes of the msgpack specification that are used by name here.
constexpr uint8_t kFixMap = 0x80, kFixArray = 0x90, kFixRaw = 0xa0, kNil = 0xc0, kFalse = 0xc2, kTrue = 0xc3;
constexpr uint8_t kRaw16 = 0xda, kRaw32 = 0xdb, kMap16 = 0xde, kMap32 = 0xdf, kNegativeFixInt = 0xe0;

std::string format_text(std::string_view value) {
  std::string out;
  if (value.size() < 32) {
    out.push_back(static_cast<char>(kFixRaw | value.size()));
  } else if (value.size() <= UINT16_MAX) {
    out.push_back(static_cast<char>(kRaw16));
    append_big_endian(out, value.size(), 2);
  } else {
    SKEIN_ASSERT(value.size() <= UINT32_MAX);
    out.push_back(static_cast<char>(kRaw32));
    append_big_endian(out, value.size(), 4);
  }
  out += value;
  return out;
}

std::string format_integer(uint64_t value) {
  std::string out;
  if (value < 0x80) {
    append_big_endian(out, value, 1);
    return out;
  }
  int code = 0xcc, width = 1;
  while (width < 8 && value >> (8 * width) != 0) ++code, width *= 2;
  append_big_endian(out, static_cast<uint64_t>(code), 1);
  append_big_endian(out, value, width);
  return out;
}

Error malformed(std::string because) {
  return make_error(Code::kInvalidArgument, "malformed msgpack", std::move(because));
}

Result<uint64_t> take_integer(std::string_view& input, size_t width) {
  if (input.size() < width) return malformed("ends inside a number");
  uint64_t value = read_big_endian(input.substr(0, width));
  input.remove_prefix(width);
  return value;
}

Result<std::string_view> take_bytes(std::string_view& input, uint64_t size) {
  if (input.size() < size) return malformed("ends inside a string");
  std::string_view out = input.substr(0, size);
  input.remove_prefix(size);
  return out;
}

// What a format code says: what the value holds, and the number that counts or is it: in the code itself, or in the
// `width` bytes after it, big-endian.
enum class Holds { kNothing, kTruth, kNatural, kSigned, kText, kOpaque, kValues, kPairs };
struct Form {
  Holds holds;
  size_t width = 0;
  uint64_t number = 0;
  uint64_t further = 0;  // bytes beyond those counted: the type of an extension
};

// The codes of one row of the specification: `count` of them, whose numbers are 1, 2, 4 and 8 bytes wide in turn.
struct Row {
  uint8_t first;
  uint8_t count;
  Holds holds;
  size_t width = 1;  // of the first
  uint64_t further = 0;
};
constexpr Row kRows[] = {
    {0xc4, 3, Holds::kText},          // bin
    {0xc7, 3, Holds::kOpaque, 1, 1},  // ext
    {0xcc, 4, Holds::kNatural},       // uint
    {0xd0, 4, Holds::kSigned},        // int
    {0xd9, 3, Holds::kText},          // str 8, raw
    {0xdc, 2, Holds::kValues, 2},     // array
    {kMap16, 2, Holds::kPairs, 2},
};

std::optional<Form> form_of(uint8_t code) {
  if (code < kFixMap) return Form{Holds::kNatural, 0, code};
  if (code < kFixArray) return Form{Holds::kPairs, 0, code & 0x0fu};
  if (code < kFixRaw) return Form{Holds::kValues, 0, code & 0x0fu};
  if (code < kNil) return Form{Holds::kText, 0, code & 0x1fu};
  if (code >= kNegativeFixInt) return Form{Holds::kSigned};
  if (code == kNil) return Form{Holds::kNothing};
  if (code == kFalse || code == kTrue) return Form{Holds::kTruth, 0, code == kTrue ? 1u : 0u};
  if (code == 0xca || code == 0xcb) return Form{Holds::kOpaque, 0, code == 0xca ? 4u : 8u};           // float
  if (code >= 0xd4 && code <= 0xd8) return Form{Holds::kOpaque, 0, uint64_t{1} << (code - 0xd4), 1};  // fixext
  for (const auto& row : kRows)
    if (code >= row.first && code < row.first + row.count)
      return Form{row.holds, row.width << (code - row.first), 0, row.further};
  return std::nullopt;
}

}  // namespace

MapFormatter& MapFormatter::text(std::string_view key, std::string_view value) {
  fields_[key] = format_text(value);
  return *this;
}

MapFormatter& MapFormatter::text_or_nil(std::string_view key, const std::optional<std::string>& value) {
  fields_[key] = value ? format_text(*value) : std::string(1, static_cast<char>(kNil));
  return *this;
}

MapFormatter& MapFormatter::integer(std::string_view key, uint64_t value) {
  fields_[key] = format_integer(value);
  return *this;
}

MapFormatter& MapFormatter::boolean(std::string_view key, bool value) {
  fields_[key] = std::string(1, static_cast<char>(value ? kTrue : kFalse));
  return *this;
}

MapFormatter& MapFormatter::text_unless_empty(std::string_view key, std::string_view value) {
  return value.empty() ? *this : text(key, value);
}

MapFormatter& MapFormatter::integer_unless_zero(std::string_view key, uint64_t value) {
  return value == 0 ? *this : integer(key, value);
}

std::string MapFormatter::bytes() const {
  SKEIN_ASSERT(fields_.size() < 16);
  std::string out(1, static_cast<char>(kFixMap | fields_.size()));
  for (const auto& [key, value] : fields_) {
    out += format_text(key);
    out += value;
  }
  return out;
}

Result<MapFields> MapFields::take(std::string_view& input) {
  SKEIN_TRY_ASSIGN(uint64_t code, take_integer(input, 1));
  uint64_t count = 0;
  if ((code & 0xf0) == kFixMap) {
    count = code & 0x0f;
  } else if (code == kMap16 || code == kMap32) {
    SKEIN_TRY_ASSIGN(count, take_integer(input, code == kMap16 ? 2 : 4));
  } else {
    return malformed("not a map");
  }
  if (count > kFieldsMax) return malformed("too many fields");

  MapFields map;
  map.fields_.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    SKEIN_TRY_ASSIGN(Value key, take_value(input, 0));
    if (key.kind != Kind::kText) return malformed("a field name is not text");
    SKEIN_TRY_ASSIGN(Value value, take_value(input, 0));
    map.fields_.emplace_back(key.text, value);
  }
  return map;
}

Result<MapFields::Value> MapFields::take_value(std::string_view& input, int depth) {
  if (depth > kDepthMax) return malformed("nested too deeply");
  SKEIN_TRY_ASSIGN(uint64_t code, take_integer(input, 1));
  const auto form = form_of(static_cast<uint8_t>(code));
  if (!form) return malformed("unassigned code");
  uint64_t number = form->number;
  if (form->width > 0) {
    SKEIN_TRY_ASSIGN(number, take_integer(input, form->width));
  }
  const uint64_t sign = form->width > 0 ? uint64_t{1} << (8 * form->width - 1) : 0;
  switch (form->holds) {
    case Holds::kNothing: return Value{};
    case Holds::kTruth: return Value{.kind = Kind::kBoolean, .is_true = number != 0};
    case Holds::kNatural: return Value{.kind = Kind::kInteger, .integer = number};
    case Holds::kSigned: {  // no field takes a negative one
      const bool is_negative = form->width == 0 || (number & sign) != 0;
      return Value{.kind = Kind::kInteger, .is_negative = is_negative, .integer = is_negative ? 0 : number};
    }
    case Holds::kText: {
      SKEIN_TRY_ASSIGN(std::string_view bytes, take_bytes(input, number));
      return Value{.kind = Kind::kText, .text = bytes};
    }
    case Holds::kOpaque: SKEIN_TRY(take_bytes(input, number + form->further)); break;
    case Holds::kValues: SKEIN_TRY(skip_values(input, number, depth + 1)); break;
    case Holds::kPairs: SKEIN_TRY(skip_values(input, 2 * number, depth + 1)); break;
  }
  return Value{.kind = Kind::kOther};
}

Result<void> MapFields::skip_values(std::string_view& input, uint64_t count, int depth) {
  // Each value takes at least a byte, so that a false count cannot make us work.
  if (count > input.size()) return malformed("ends inside a list");
  for (uint64_t i = 0; i < count; ++i) SKEIN_TRY(take_value(input, depth));
  return {};
}

Result<MapFields::Value> MapFields::find(std::string_view key, Kind kind) const {
  for (const auto& [name, value] : fields_) {
    if (name != key || value.kind == Kind::kNil) continue;
    if (value.kind != kind) return malformed("field " + std::string(key) + " has the wrong type");
    return value;
  }
  return Value{};
}

Result<std::string_view> MapFields::bytes(std::string_view key) const {
  SKEIN_TRY_ASSIGN(Value value, find(key, Kind::kText));
  return value.text;
}

Result<std::string> MapFields::text(std::string_view key) const {
  SKEIN_TRY_ASSIGN(Value value, find(key, Kind::kText));
  return std::string(value.text);
}

Result<std::optional<std::string>> MapFields::text_or_nil(std::string_view key) const {
  SKEIN_TRY_ASSIGN(Value value, find(key, Kind::kText));
  if (value.kind == Kind::kNil) return std::optional<std::string>();
  return std::optional<std::string>(value.text);
}

Result<uint64_t> MapFields::integer(std::string_view key, uint64_t value_max) const {
  SKEIN_TRY_ASSIGN(Value value, find(key, Kind::kInteger));
  if (value.is_negative || value.integer > value_max) {
    return malformed("field " + std::string(key) + " is out of range");
  }
  return value.integer;
}

Result<uint32_t> MapFields::u32(std::string_view key) const {
  SKEIN_TRY_ASSIGN(uint64_t value, integer(key, UINT32_MAX));
  return static_cast<uint32_t>(value);
}

Result<uint16_t> MapFields::u16(std::string_view key) const {
  SKEIN_TRY_ASSIGN(uint64_t value, integer(key, UINT16_MAX));
  return static_cast<uint16_t>(value);
}

Result<bool> MapFields::boolean(std::string_view key) const {
  SKEIN_TRY_ASSIGN(Value value, find(key, Kind::kBoolean));
  return value.is_true;
}

}  // namespace skein::wire::memberlist
