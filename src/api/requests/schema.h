// What Docker's daemon decodes a request's JSON into: the members of its Go types with their names and kinds.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace skein::api::schema {

struct Schema;

struct Member {
  std::string_view name;  // empty: the members of the type stand beside the others, as Go embeds types
  const Schema* schema;
};

struct Schema {
  enum class Kind {
    kText,
    kFlag,
    kWhole,     // an integer
    kFraction,  // a floating point number
    kBytes,     // a string of base64
    kWords,     // a list of strings, or one string
    kList,
    kMap,  // from strings
    kStruct,
    kAny,
  };
  Kind kind;
  std::string_view type;              // Go's name, as its errors say it
  const Schema* element = nullptr;    // of kList and kMap
  std::span<const Member> members{};  // of kStruct
  int64_t min = 0;                    // of kWhole
  uint64_t max = 0;
};

template <class N>
constexpr Schema whole(std::string_view type) {
  return {Schema::Kind::kWhole, type, nullptr, {}, std::numeric_limits<N>::min(), std::numeric_limits<N>::max()};
}
constexpr Schema text(std::string_view type) { return {Schema::Kind::kText, type}; }
constexpr Schema list(std::string_view type, const Schema& element) { return {Schema::Kind::kList, type, &element}; }
constexpr Schema map(std::string_view type, const Schema& element) { return {Schema::Kind::kMap, type, &element}; }
constexpr Schema structure(std::string_view type, std::span<const Member> members) {
  return {Schema::Kind::kStruct, type, nullptr, members};
}

inline constexpr Schema kText = text("string");
inline constexpr Schema kFlag{Schema::Kind::kFlag, "bool"};
inline constexpr Schema kInt = whole<int64_t>("int");
inline constexpr Schema kInt64 = whole<int64_t>("int64");
inline constexpr Schema kUint64 = whole<uint64_t>("uint64");
inline constexpr Schema kUint32 = whole<uint32_t>("uint32");
inline constexpr Schema kUint16 = whole<uint16_t>("uint16");
inline constexpr Schema kUint8 = whole<uint8_t>("uint8");
inline constexpr Schema kDuration = whole<int64_t>("time.Duration");
inline constexpr Schema kFileMode = whole<uint32_t>("fs.FileMode");
inline constexpr Schema kFloat32{Schema::Kind::kFraction, "float32"};
inline constexpr Schema kBytes{Schema::Kind::kBytes, "[]uint8"};
inline constexpr Schema kWords{Schema::Kind::kWords, "string"};
inline constexpr Schema kAny{Schema::Kind::kAny, "interface {}"};
inline constexpr Schema kNothing = structure("struct {}", {});
inline constexpr Schema kTexts = list("[]string", kText);
inline constexpr Schema kTextLists = list("[][]string", kTexts);
inline constexpr Schema kTextMap = map("map[string]string", kText);

}  // namespace skein::api::schema
