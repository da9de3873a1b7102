// The msgpack that memberlist speaks: maps from field names to integers, booleans, byte strings and nil.
//
// Written: keys in sorted order; text and bytes alike in the raw family (fixraw, raw16, raw32); non-negative integers
// in their smallest unsigned form; an absent byte string as nil. This reproduces Docker's bytes.
// Read: any key order, unknown keys skipped (whatever they hold), str8 and the bin family too, signed and unsigned
// integers of any width. Depth, number of keys and lengths are bounded.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace skein::wire::memberlist {

// Builds one map. Keys are sorted whatever the order of the calls.
class MapFormatter {
 public:
  MapFormatter& text(std::string_view key, std::string_view value);
  MapFormatter& text_or_nil(std::string_view key, const std::optional<std::string>& value);
  MapFormatter& integer(std::string_view key, uint64_t value);
  MapFormatter& boolean(std::string_view key, bool value);
  // For fields that peers leave out when they are empty.
  MapFormatter& text_unless_empty(std::string_view key, std::string_view value);
  MapFormatter& integer_unless_zero(std::string_view key, uint64_t value);

  std::string bytes() const;

 private:
  std::map<std::string_view, std::string> fields_;  // keys are literals of the callers
};

// One parsed map. Its strings point into the input, which must outlive it. A missing field reads as zero, empty or nil,
// as peers read it; a field of another type, or a number that does not fit, is an error.
class MapFields {
 public:
  static constexpr size_t kFieldsMax = 64;
  static constexpr int kDepthMax = 8;  // of unknown values

  // Takes one map from the front of `input`, which moves past it.
  static Result<MapFields> take(std::string_view& input);

  Result<std::string> text(std::string_view key) const;
  Result<std::string_view> bytes(std::string_view key) const;  // not copied
  Result<std::optional<std::string>> text_or_nil(std::string_view key) const;
  Result<uint64_t> integer(std::string_view key, uint64_t value_max) const;
  Result<uint32_t> u32(std::string_view key) const;
  Result<uint16_t> u16(std::string_view key) const;
  Result<bool> boolean(std::string_view key) const;

 private:
  enum class Kind { kNil, kBoolean, kInteger, kText, kOther };
  struct Value {
    Kind kind = Kind::kNil;
    bool is_true = false;
    bool is_negative = false;
    uint64_t integer = 0;
    std::string_view text;
  };
  static Result<Value> take_value(std::string_view& input, int depth);
  static Result<void> skip_values(std::string_view& input, uint64_t count, int depth);
  Result<Value> find(std::string_view key, Kind kind) const;

  std::vector<std::pair<std::string_view, Value>> fields_;
};

}  // namespace skein::wire::memberlist
