// Lists of a spec, changed by flags: --NAME of `create`, or --NAME-add and --NAME-rm of `update`. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cmd/cli/words/flags.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

// What the flags say about one list.
struct ListChange {
  ListChange(const Flags& flags, const std::string& name);
  bool is_any() const { return !added.empty() || !removed.empty(); }
  bool removes(const std::string& key) const;

  std::vector<std::string> added;
  std::vector<std::string> removed;
  bool is_update = false;
};

std::vector<std::string> texts_at(const Json& object, const char* member);

// Texts that are their own keys. An update sorts them, so that what is the same looks the same.
void change_texts(const ListChange& change, const char* member, Json& object);
// An object of texts; removed by key.
void change_map(const ListChange& change, const char* member, Json& object);

// An empty list is no list.
template <class List>
void put_list(Json& object, const char* member, const List& list) {
  if (!list.empty()) {
    object[member] = list;
  } else if (object.is_object()) {
    object.erase(member);
  }
}

// Changes a member that may be absent, and stays so while nothing is put into it: a spec that says the same must look
// the same, or its tasks are replaced.
template <class Action>
Result<void> change_member(Json& parent, const char* member, Action change) {
  Json object = at(parent, member);
  SKEIN_TRY(change(object));
  if (!object.is_null()) parent[member] = std::move(object);
  return {};
}

}  // namespace skein::cli
