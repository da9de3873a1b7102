// What a compose file may hold: one table for the checks, for what each form becomes, and for the order in which it is
// shown. Plain data.
//
// A shape says what a value may be, as a JSON schema does; `form` says what it becomes. Fields know since which version
// ("3.4": 4) they exist.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace skein::stack {

// What a value becomes.
enum class Form {
  kAny,
  kNothing,  // taken, and dropped
  kText,
  kInteger,
  kUnsigned,
  kReal,
  kTruth,
  kDuration,         // "1m30s"
  kBytes,            // "64M" to a number's text
  kLooseInteger,     // a text of digits will do; behind a 0 they are octal
  kLooseBytes,       // a number will do
  kObject,           // of the shape's fields
  kObjects,          // by name, each of the shape's pattern
  kList,             // of the shape's items
  kTexts,            // a text alone is a list of one
  kShownList,        // of texts or numbers, as texts
  kCommand,          // a text is split as a shell would
  kHealthTest,       // a text is for the shell
  kMapping,          // "a=b" or mapping, to a mapping of texts
  kMappingWithNull,  // the same, where null says that a name has no value
  kOptions,          // mapping to texts
  kHosts,            // "name:address"
  kPorts,            // short ones to long ones
  kMount,            // a short one to a long one
  kSource,           // a name to {source: name}
  kNetworks,         // a list to a mapping
  kUlimits,          // by name: a number or {soft, hard}
  kExternal,         // true, or {name}
  kBuild,            // a text to {context: text}
  kPrerequisites,    // a list to {name: {condition, required}}
  kExtends,          // a name to {service: name}
};

// Which keys a mapping may have beside its fields.
enum class Keys { kNone, kAny, kNames, kLowerCase };

struct Shape;
using ShapePtr = std::shared_ptr<const Shape>;

inline constexpr int kNever = 99;

struct Field {
  std::string_view key;
  ShapePtr shape;
  int since = 0;
  int until = kNever;       // the last version
  bool keeps_zero = false;  // false, 0, "" and {} say something
};

struct Shape {
  std::vector<std::string_view> types = {};  // empty: any
  Form form = Form::kAny;
  std::string_view format = {};
  std::vector<std::string_view> words = {};
  std::optional<int> minimum = {};
  ShapePtr items = nullptr;
  bool is_unique = false;
  std::vector<ShapePtr> one_of = {};
  std::vector<Field> fields = {};  // in the order in which they are shown
  std::vector<std::string_view> required = {};
  Keys keys = Keys::kNone;
  ShapePtr member = nullptr;      // of a mapping with `keys`
  int others_since = 0;           // unknown keys are taken
  int extensions_since = kNever;  // "x-…" keys are taken

  // Null if this version has none.
  const Field* field(std::string_view key, int version) const;
};

inline constexpr int kVersionMax = 13;  // of Docker's
// The Compose Specification of today, which has no versions.
inline constexpr int kCompose = 14;

// The whole file.
const Shape& file_shape();
// One of its sections: "services", …
const Shape& section_shape(std::string_view section);
// One service of it.
const Shape& one_service_shape();

// Parts of the table, each in its own file, made anew at each call.
ShapePtr service_shape();
ShapePtr deploy_shape();
ShapePtr mount_shape();
ShapePtr network_shape();
ShapePtr volume_shape();
ShapePtr secret_shape();
ShapePtr config_shape();
// What a service may hold since kCompose only.
std::vector<Field> compose_fields();

}  // namespace skein::stack
