#include "stack/load/merge.h"

#include <algorithm>
#include <map>

#include "stack/normal/record.h"
#include "stack/shape/shape.h"

namespace skein::stack {

namespace {

bool says_nothing(const Value& value) {
  return value.is_null() || value == Value(false) || value == Value(int64_t{0}) || value == Value("") ||
         value == Value("0s");
}

// Lists of which one item has a key: the later item replaces, and the result is sorted by that key.
const char* key_of_items(std::string_view field) {
  if (field == "ports") return "published";
  if (field == "volumes") return "target";
  return field == "secrets" || field == "configs" ? "source" : nullptr;
}

void merge_keyed(Value& list, const Value& over, const char* key) {
  const bool is_number = std::string_view(key) == "published";
  std::map<std::pair<int64_t, std::string>, Value> items;
  for (const List* part : {&list.items(), &over.items()}) {
    for (const Value& item : *part) {
      const Value& at = item.at(key);
      items[{is_number ? at.integer() : 0, at.text()}] = item;
    }
  }
  List result;
  for (auto& [unused, item] : items) result.push_back(std::move(item));
  list = std::move(result);
}

void append(Value& list, const Value& over) {
  List& items = *list.as<List>();
  items.insert(items.end(), over.items().begin(), over.items().end());
}

void merge_pairs(Value& map, const Value& over, bool keeps_when_empty) {
  for (const auto& [key, value] : over.entries()) {
    const bool is_kept = keeps_when_empty && value.text().empty() && !map.at(key).text().empty();
    if (!is_kept) map.as<Map>()->set(key, value);
  }
  map.as<Map>()->sort();
}

// Per network: the aliases are those of the later file, addresses stay unless it has them.
void merge_networks(Value& networks, const Value& over, const Shape& shape) {
  const Shape& form = *shape.one_of[1]->member->one_of[0];
  for (const auto& [name, network] : over.entries()) {
    Value* const known = networks.as<Map>()->find(name);
    if (known == nullptr || known->is_null()) {
      networks.as<Map>()->set(name, network);
    } else if (!network.is_null()) {
      known->as<Map>()->erase("aliases");
      for (const char* const key : {"aliases", "ipv4_address", "ipv6_address"}) {
        if (network.entries().contains(key)) set_field(*known, form, key, network.at(key));
      }
    }
  }
  networks.as<Map>()->sort();
}

void merge_logging(Value& logging, const Value& over, const Shape& shape) {
  const std::string& before = logging.at("driver").text();
  const std::string& after = over.at("driver").text();
  if (before != after && !before.empty() && !after.empty()) {
    logging = over;
    return;
  }
  if (before.empty() && !after.empty()) set_field(logging, shape, "driver", after);
  if (!over.entries().contains("options")) return;
  Value options = logging.at("options").is_null() ? Value(Map()) : logging.at("options");
  merge_pairs(options, over.at("options"), false);
  set_field(logging, shape, "options", std::move(options));
}

void merge_extension(Value& value, const Value& over) {
  if (value.is<Map>() && over.is<Map>()) {
    for (const auto& [key, member] : over.entries()) {
      Value* const known = value.as<Map>()->find(key);
      if (known == nullptr) {
        value.as<Map>()->append(key, member);
      } else {
        merge_extension(*known, member);
      }
    }
    value.as<Map>()->sort();
  } else if (value.is<List>() && over.is<List>()) {
    append(value, over);
  } else if (!over.is_null()) {
    value = over;
  }
}

void merge_record(Value& record, const Value& over, const Shape& shape, int version);

void merge_field(Value& value, const Value& over, const Field& field, int version) {
  const Shape& shape = *field.shape;
  switch (shape.form) {
    case Form::kObject: return merge_record(value, over, shape, version);
    case Form::kBuild: return merge_record(value, over, *shape.one_of[1], version);
    case Form::kCommand: value = over; return;
    case Form::kMapping:
    case Form::kOptions:
    case Form::kPrerequisites:
    case Form::kUlimits: return merge_pairs(value, over, false);
    case Form::kMappingWithNull: return merge_pairs(value, over, true);
    case Form::kNetworks: return merge_networks(value, over, shape);
    case Form::kUnsigned:
      if (field.keeps_zero || !says_nothing(over)) value = over;
      return;
    default: break;
  }
  if (value.is<List>()) {
    append(value, over);
  } else if (!says_nothing(over)) {
    value = over;
  }
}

void merge_record(Value& record, const Value& over, const Shape& shape, int version) {
  for (const auto& [key, value] : over.entries()) {
    const Field* const field = shape.field(key, version);
    Value* const known = record.as<Map>()->find(key);
    if (field == nullptr || known == nullptr) {
      if (field != nullptr) {
        set_field(record, shape, key, value);
      } else if (known != nullptr) {
        merge_extension(*known, value);
      } else {
        record.as<Map>()->append(key, value);
      }
    } else if (const char* const item_key = key_of_items(key); item_key != nullptr && known->is<List>()) {
      merge_keyed(*known, value, item_key);
    } else if (key == "logging") {
      merge_logging(*known, value, *field->shape);
    } else {
      merge_field(*known, value, *field, version);
    }
  }
}

}  // namespace

void merge_service(Value& service, const Value& over, int version) {
  // Such lists are sorted even when the later file has none.
  for (auto& [key, value] : *service.as<Map>()) {
    const char* const item_key = key_of_items(key);
    if (item_key != nullptr && value.is<List>()) merge_keyed(value, {}, item_key);
  }
  merge_record(service, over, one_service_shape(), version);
}

void merge_file(Value& model, const Value& over, int version) {
  for (const char* const section : {"services", "networks", "volumes", "secrets", "configs"}) {
    Map& known = *model.as<Map>()->find(section)->as<Map>();
    for (const auto& [name, object] : over.at(section).entries()) {
      Value* const before = known.find(name);
      if (before != nullptr && std::string_view(section) == "services") {
        merge_service(*before, object, version);
      } else {
        known.set(name, object);
      }
    }
    known.sort();
  }
}

}  // namespace skein::stack
