#include "wire/memberlist/msgpack.h"

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
  const auto text = [&](uint64_t size) -> Result<Value> {
    SKEIN_TRY_ASSIGN(std::string_view bytes, take_bytes(input, size));
    return Value{.kind = Kind::kText, .text = bytes};
  };
  const auto sized = [&](int width) { return take_integer(input, static_cast<size_t>(width)); };
  const auto other = [&](uint64_t values) -> Result<Value> {
    SKEIN_TRY(skip_values(input, values, depth + 1));
    return Value{.kind = Kind::kOther};
  };
  const auto opaque = [&](uint64_t size) -> Result<Value> {
    SKEIN_TRY(take_bytes(input, size));
    return Value{.kind = Kind::kOther};
  };

  if (code < kFixMap) return Value{.kind = Kind::kInteger, .integer = code};
  if (code < kFixArray) return other(2 * (code & 0x0f));
  if (code < kFixRaw) return other(code & 0x0f);
  if (code < kNil) return text(code & 0x1f);
  if (code >= kNegativeFixInt) return Value{.kind = Kind::kInteger, .is_negative = true};
  switch (code) {
    case kNil: return Value{};
    case kFalse: return Value{.kind = Kind::kBoolean};
    case kTrue: return Value{.kind = Kind::kBoolean, .is_true = true};
    case 0xc4:
    case 0xc5:
    case 0xc6: {  // bin 8, 16, 32
      SKEIN_TRY_ASSIGN(uint64_t size, sized(1 << (code - 0xc4)));
      return text(size);
    }
    case 0xc7:
    case 0xc8:
    case 0xc9: {  // ext 8, 16, 32: a type byte before the content
      SKEIN_TRY_ASSIGN(uint64_t size, sized(1 << (code - 0xc7)));
      return opaque(size + 1);
    }
    case 0xca: return opaque(4);  // float
    case 0xcb: return opaque(8);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf: {  // uint 8, 16, 32, 64
      SKEIN_TRY_ASSIGN(uint64_t value, sized(1 << (code - 0xcc)));
      return Value{.kind = Kind::kInteger, .integer = value};
    }
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3: {  // int 8, 16, 32, 64; no field takes a negative one
      const int width = 1 << (code - 0xd0);
      SKEIN_TRY_ASSIGN(uint64_t value, sized(width));
      const bool is_negative = value >> (8 * width - 1) != 0;
      return Value{.kind = Kind::kInteger, .is_negative = is_negative, .integer = is_negative ? 0 : value};
    }
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:  // fixext 1 … 16
      return opaque((uint64_t{1} << (code - 0xd4)) + 1);
    case 0xd9:
    case 0xda:
    case 0xdb: {  // str 8, raw 16, 32
      SKEIN_TRY_ASSIGN(uint64_t size, sized(1 << (code - 0xd9)));
      return text(size);
    }
    case 0xdc:
    case 0xdd: {  // array 16, 32
      SKEIN_TRY_ASSIGN(uint64_t count, sized(code == 0xdc ? 2 : 4));
      return other(count);
    }
    case kMap16:
    case kMap32: {
      SKEIN_TRY_ASSIGN(uint64_t count, sized(code == kMap16 ? 2 : 4));
      return other(2 * count);
    }
    default: return malformed("unassigned code");
  }
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
