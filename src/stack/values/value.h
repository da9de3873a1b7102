// A value of a compose file: what YAML gives, and what each later step makes of it. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace skein::stack {

class Value;

struct Null {
  bool operator==(const Null&) const = default;
};

// A timestamp, in the form of RFC 3339.
struct Moment {
  std::string text;
  bool operator==(const Moment&) const = default;
};

// A mapping of which some key is no string; nothing takes it, so its entries are not kept.
struct OddMap {
  bool operator==(const OddMap&) const = default;
};

using List = std::vector<Value>;

// Entries in their order: sorted by key out of a file; as shown, when `is_record` (an object of known fields).
class Map {
 public:
  using Entry = std::pair<std::string, Value>;

  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  // Replaces the value of a key that is there.
  void set(std::string_view key, Value value);
  // For a key that is not there.
  void append(std::string key, Value value);
  bool erase(std::string_view key);
  void sort();

  bool empty() const;
  size_t size() const;
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  auto begin() { return entries_.begin(); }
  auto end() { return entries_.end(); }

  bool operator==(const Map&) const;

  bool is_record = false;

 private:
  std::vector<Entry> entries_;
};

class Value {
 public:
  Value() = default;
  Value(bool value) : content_(value) {}                           // NOLINT: implicit on purpose
  Value(int64_t value) : content_(value) {}                        // NOLINT: implicit on purpose
  Value(uint64_t value) : content_(value) {}                       // NOLINT: implicit on purpose
  Value(double value) : content_(value) {}                         // NOLINT: implicit on purpose
  Value(std::string value) : content_(std::move(value)) {}         // NOLINT: implicit on purpose
  Value(std::string_view value) : content_(std::string(value)) {}  // NOLINT: implicit on purpose
  Value(const char* value) : content_(std::string(value)) {}       // NOLINT: implicit on purpose
  Value(Moment value) : content_(std::move(value)) {}              // NOLINT: implicit on purpose
  Value(List value) : content_(std::move(value)) {}                // NOLINT: implicit on purpose
  Value(Map value) : content_(std::move(value)) {}                 // NOLINT: implicit on purpose
  Value(OddMap value) : content_(value) {}                         // NOLINT: implicit on purpose

  template <class T>
  const T* as() const {
    return std::get_if<T>(&content_);
  }
  template <class T>
  T* as() {
    return std::get_if<T>(&content_);
  }
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(content_);
  }
  bool is_null() const { return is<Null>(); }

  // Inside a Map; a null value when there is none, so that chains of it never fail.
  const Value& at(std::string_view key) const;
  // The text, or "".
  const std::string& text() const;
  // The items or entries; empty when this is no list or mapping.
  const List& items() const;
  const Map& entries() const;
  // An integer's value, or 0.
  int64_t integer() const;
  bool is_true() const;

  bool operator==(const Value&) const = default;

 private:
  std::variant<Null, bool, int64_t, uint64_t, double, std::string, Moment, List, Map, OddMap> content_;
};

// As Go prints it: "1e+06", "2001-01-01 00:00:00 +0000 UTC", "[a b]".
std::string shown(const Value& value);
// A number with the fewest digits that read back as it, as Go's %g.
std::string shown_number(double number);
std::string shown_number(float number);
// As Go's %T: "string", "map[string]interface {}".
std::string type_name(const Value& value);
// As Go's %#v for the values that can be keys.
std::string go_syntax(const Value& value);
std::string go_quoted(std::string_view text);  // as Go's %q

}  // namespace skein::stack
