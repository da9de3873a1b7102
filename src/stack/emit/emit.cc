#include "stack/emit/emit.h"

#include <algorithm>

#include "stack/shape/key_order.h"

namespace skein::stack {

namespace {

constexpr size_t kIndent = 2;

std::string emit_scalar(const Value& value, size_t indent) {
  if (value.is<std::string>()) return emit_text(value.text(), indent, false);
  if (value.is_null()) return "null";
  if (value.is<double>()) {
    const std::string text = shown(value);
    return text == "+Inf" ? ".inf" : text == "-Inf" ? "-.inf" : text == "NaN" ? ".nan" : text;
  }
  if (const auto* const moment = value.as<Moment>()) return moment->text;
  return shown(value);
}

class Emitter {
 public:
  // Writes a value behind "key:" or "-"; `indent` is that of its own lines.
  void add(const Value& value, size_t indent, bool is_item) {
    if (value.is<List>() && !value.items().empty()) {
      add_list(value.items(), indent, is_item);
    } else if (value.is<Map>() && !value.entries().empty()) {
      add_map(value.entries(), indent, is_item);
    } else {
      text_ += value.is<List>() ? " []" : value.is<Map>() ? " {}" : " " + emit_scalar(value, indent);
      end_line();
    }
  }

  void add_map(const Map& map, size_t indent, bool is_item) {
    std::vector<const Map::Entry*> order;
    for (const Map::Entry& entry : map) {
      const bool is_left_out =
          map.is_record && entry.second.is<List>() && entry.second.items().empty() && !entry.first.starts_with("x-");
      if (!is_left_out) order.push_back(&entry);
    }
    if (!map.is_record) {
      std::stable_sort(order.begin(), order.end(),
                       [](const auto* a, const auto* b) { return is_key_before(a->first, b->first); });
    }
    if (!is_item) end_line();
    for (const Map::Entry* const entry : order) {
      // The first key of an item stands behind its dash.
      text_ += is_item && entry == order.front() ? " " : std::string(indent, ' ');
      const bool has_mark = add_key(entry->first, indent);
      add(entry->second, indent + kIndent, has_mark);
    }
  }

  std::string take() { return std::move(text_); }

 private:
  void add_list(const List& list, size_t indent, bool is_item) {
    if (!is_item) end_line();
    for (const Value& item : list) {
      text_ += (is_item && &item == &list.front() ? " " : std::string(indent, ' ')) + "-";
      add(item, indent + kIndent, true);
    }
  }

  // A key that is long or has several lines gets a mark, and its value one of its own, as an item does. True then.
  bool add_key(const std::string& key, size_t indent) {
    constexpr size_t kSimpleKeyMax = 128;
    const std::string text = emit_text(key, indent, true);
    const bool has_mark = key.size() > kSimpleKeyMax || key.find('\n') != std::string::npos;
    text_ += has_mark ? "? " + text + "\n" + std::string(indent, ' ') + ":" : text + ":";
    return has_mark;
  }

  void end_line() {
    // A block that ends with another break of YAML's has ended its line.
    const bool is_ended =
        text_.ends_with('\n') || text_.ends_with("\u0085") || text_.ends_with("\u2028") || text_.ends_with("\u2029");
    if (!text_.empty() && !is_ended) text_ += '\n';
  }

  std::string text_;
};

}  // namespace

std::string emit_yaml(const Value& value) {
  Emitter emitter;
  emitter.add_map(value.entries(), 0, false);
  return emitter.take();
}

}  // namespace skein::stack
