// All objects of a swarm in memory, with the indices that readers need. Plain data: no locking, no I/O.
//
// Objects are immutable and shared: a reader may keep one for as long as it likes; an update puts a new one in its
// place.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <typeindex>
#include <unordered_map>
#include <variant>
#include <vector>

#include "model/objects.h"
#include "store/shared_parts.h"

namespace skein::store {

namespace api = model::api;
using model::Kind;
using model::KindOf;

template <class T>
using Ref = std::shared_ptr<const T>;

// One object of any kind, as changes carry it.
using AnyObject = std::variant<Ref<api::Cluster>, Ref<api::Node>, Ref<api::Network>, Ref<api::Service>, Ref<api::Task>,
                               Ref<api::Secret>, Ref<api::Config>>;

// What one transaction did to one object. `before` is null on create, `after` on remove.
struct Change {
  Kind kind;
  std::string id;
  AnyObject before;
  AnyObject after;
  template <class T>
  Ref<T> old() const {
    return as<T>(before);
  }
  template <class T>
  Ref<T> now() const {
    return as<T>(after);
  }

 private:
  template <class T>
  static Ref<T> as(const AnyObject& any) {
    auto* found = std::get_if<Ref<T>>(&any);
    return found ? *found : nullptr;
  }
};
using Changes = std::vector<Change>;

template <class T>
class Table {
 public:
  Ref<T> get(const std::string& id) const {
    auto found = objects_.find(id);
    return found == objects_.end() ? nullptr : found->second;
  }
  const std::map<std::string, Ref<T>>& all() const { return objects_; }
  // Ids of the objects with this name; several nodes may share one.
  std::vector<Ref<T>> named(const std::string& name) const {
    std::vector<Ref<T>> out;
    for (auto at = names_.lower_bound({name, ""}); at != names_.end() && at->first == name; ++at)
      out.push_back(get(at->second));
    return out;
  }
  void put(const std::string& id, Ref<T> object) {
    auto [place, is_new] = objects_.try_emplace(id);
    const std::string& name = model::name_of(*object);
    if (is_new || model::name_of(*place->second) != name) {
      if (!is_new) names_.erase({model::name_of(*place->second), id});
      names_.insert({name, id});
    }
    place->second = std::move(object);
  }
  void remove(const std::string& id) {
    auto found = objects_.find(id);
    if (found == objects_.end()) return;
    names_.erase({model::name_of(*found->second), id});
    objects_.erase(found);
  }

 private:
  std::map<std::string, Ref<T>> objects_;
  std::set<std::pair<std::string, std::string>> names_;
};

// What is derived from the objects and kept along with them, so that nobody has to look at all of them: it follows
// every change, and the way back of a transaction that is refused. The layer that asks the questions defines the type.
class Index {
 public:
  virtual ~Index() = default;
  // The tables have changed already.
  virtual void apply(const Change& change) = 0;
  // All that was there at the beginning has been applied, kind by kind.
  virtual void filled() {}
};

class Tables {
 public:
  template <class T>
  const Table<T>& table() const {
    return std::get<Table<T>>(tables_);
  }
  template <class T>
  Ref<T> get(const std::string& id) const {
    return table<T>().get(id);
  }
  template <class T>
  const std::map<std::string, Ref<T>>& all() const {
    return table<T>().all();
  }

  // The only cluster object; null before `swarm init`.
  Ref<api::Cluster> cluster() const {
    return all<api::Cluster>().empty() ? nullptr : all<api::Cluster>().begin()->second;
  }

  // Docker's rule for what a user types: exact id, then exact name, then a prefix of an id.
  // Errors: kNotFound "<kind> <text> not found", kInvalidArgument "<kind> <text> is ambiguous (n matches found)".
  template <class T>
  Result<Ref<T>> find(const std::string& text) const;

  std::vector<Ref<api::Task>> tasks_on_node(const std::string& node_id) const;
  std::vector<Ref<api::Task>> tasks_of_service(const std::string& service_id) const;

  // The index of this type; it is filled with all that is there when it is asked for the first time. Whatever it keeps
  // beside what follows from the objects must be a hint, such as where to search next.
  template <class I>
  I& index() const {
    auto& place = indices_.all[std::type_index(typeid(I))];
    if (!place) {
      auto made = std::make_unique<I>();
      fill(*made);
      place = std::move(made);
    }
    return static_cast<I&>(*place);
  }

  // All objects, each as if it was made just now.
  Changes as_changes() const;

  // Replays a change. The indices follow.
  void apply(const Change& change);

  // How an object is kept that is about to come into the tables.
  template <class T>
  Ref<T> keep(T object) {
    return parts_.keep(std::move(object));
  }

 private:
  void fill(Index& index) const;
  std::tuple<Table<api::Cluster>, Table<api::Node>, Table<api::Network>, Table<api::Service>, Table<api::Task>,
             Table<api::Secret>, Table<api::Config>>
      tables_;
  struct ById {
    bool operator()(const Ref<api::Task>& a, const Ref<api::Task>& b) const { return a->id() < b->id(); }
  };
  using TaskIndex = std::unordered_map<std::string, std::set<Ref<api::Task>, ById>>;  // by the owner's id
  static std::vector<Ref<api::Task>> tasks_in(const TaskIndex& index, const std::string& owner_id);
  static void follow(TaskIndex& index, const std::string& (api::Task::*owner)() const, const Ref<api::Task>& old,
                     const Ref<api::Task>& now);

  SharedParts parts_;

  TaskIndex tasks_by_node_;
  TaskIndex tasks_by_service_;
  // A copy of the tables makes its own.
  struct Indices {
    Indices() = default;
    Indices(const Indices&) {}
    Indices& operator=(const Indices&) { return all.clear(), *this; }
    std::map<std::type_index, std::unique_ptr<Index>> all;
  };
  mutable Indices indices_;
};

template <class T>
Result<Ref<T>> Tables::find(const std::string& text) const {
  const std::string kind = KindOf<T>::name;
  if (auto exact = get<T>(text)) return exact;
  auto named = table<T>().named(text);
  if (text.empty()) named.clear();
  if (named.size() > 1)
    return make_error(Code::kInvalidArgument,
                      kind + " " + text + " is ambiguous (" + std::to_string(named.size()) + " matches found)");
  if (named.size() == 1) return named[0];
  std::vector<Ref<T>> matches;
  if (!text.empty())
    for (auto at = all<T>().lower_bound(text); at != all<T>().end() && at->first.starts_with(text); ++at)
      matches.push_back(at->second);
  if (matches.size() > 1)
    return make_error(Code::kInvalidArgument,
                      kind + " " + text + " is ambiguous (" + std::to_string(matches.size()) + " matches found)");
  if (matches.empty()) return make_error(Code::kNotFound, kind + " " + text + " not found");
  return matches[0];
}

}  // namespace skein::store
