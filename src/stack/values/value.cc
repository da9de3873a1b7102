#include "stack/values/value.h"

#include <algorithm>

namespace skein::stack {

namespace {
const Value kNothing;
const std::string kNoText;
const List kNoItems;
const Map kNoEntries;
}  // namespace

const Value* Map::find(std::string_view key) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.first == key; });
  return found == entries_.end() ? nullptr : &found->second;
}

Value* Map::find(std::string_view key) { return const_cast<Value*>(static_cast<const Map*>(this)->find(key)); }

void Map::set(std::string_view key, Value value) {
  if (Value* const found = find(key)) {
    *found = std::move(value);
  } else {
    entries_.emplace_back(key, std::move(value));
  }
}

void Map::append(std::string key, Value value) { entries_.emplace_back(std::move(key), std::move(value)); }

bool Map::erase(std::string_view key) {
  return std::erase_if(entries_, [&](const Entry& entry) { return entry.first == key; }) != 0;
}

void Map::sort() {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.first < b.first; });
}

bool Map::empty() const { return entries_.empty(); }
size_t Map::size() const { return entries_.size(); }
bool Map::operator==(const Map& other) const { return entries_ == other.entries_; }

const Value& Value::at(std::string_view key) const {
  const Value* const found = entries().find(key);
  return found != nullptr ? *found : kNothing;
}

const std::string& Value::text() const {
  const auto* const text = as<std::string>();
  return text != nullptr ? *text : kNoText;
}

const List& Value::items() const {
  const auto* const list = as<List>();
  return list != nullptr ? *list : kNoItems;
}

const Map& Value::entries() const {
  const auto* const map = as<Map>();
  return map != nullptr ? *map : kNoEntries;
}

int64_t Value::integer() const {
  if (const auto* const number = as<int64_t>()) return *number;
  if (const auto* const number = as<uint64_t>()) return static_cast<int64_t>(*number);
  return 0;
}

bool Value::is_true() const {
  const auto* const truth = as<bool>();
  return truth != nullptr && *truth;
}

}  // namespace skein::stack
