#include "cmd/cli/words/list_change.h"

#include <algorithm>

namespace skein::cli {

ListChange::ListChange(const Flags& flags, const std::string& name)
    : added(flags.list(name)), removed(flags.list(name + "-rm")), is_update(!flags.is_set(name)) {
  for (const std::string& text : flags.list(name + "-add")) added.push_back(text);
}

bool ListChange::removes(const std::string& key) const {
  return std::find(removed.begin(), removed.end(), key) != removed.end();
}

std::vector<std::string> texts_at(const Json& object, const char* member) {
  std::vector<std::string> texts;
  for (const Json& text : at(object, member))
    if (text.is_string()) texts.push_back(text.get<std::string>());
  return texts;
}

void change_texts(const ListChange& change, const char* member, Json& object) {
  if (!change.is_any()) return;
  std::vector<std::string> texts;
  const auto add = [&](const std::string& text) {
    const bool is_known = std::find(texts.begin(), texts.end(), text) != texts.end();
    if (!is_known && !change.removes(text)) texts.push_back(text);
  };
  for (const std::string& text : texts_at(object, member)) add(text);
  for (const std::string& text : change.added) add(text);
  if (change.is_update) std::sort(texts.begin(), texts.end());
  put_list(object, member, texts);
}

void change_map(const ListChange& change, const char* member, Json& object) {
  if (!change.is_any()) return;
  Json map = at(object, member);
  if (!map.is_object() && change.added.empty()) return;
  if (!map.is_object()) map = Json::object();
  for (const auto& [key, value] : key_values(change.added)) map[key] = value;
  for (const std::string& key : change.removed) map.erase(key);
  object[member] = std::move(map);
}

}  // namespace skein::cli
