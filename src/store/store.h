// The swarm's objects: read in memory, changed by transactions that are durable before anybody sees them, watched.
//
// Belongs to the loop's thread. Transactions run one after another; the function that decides is pure: it sees the
// state (its own changes included) and puts changes, or refuses with an error and nothing happens.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "store/journal.h"
#include "store/tables.h"

namespace skein::store {

class Transaction {
 public:
  Transaction(Tables& tables, uint64_t index, WallTime now) : tables_(tables), index_(index), now_(now) {}

  const Tables& view() const { return tables_; }
  WallTime now() const { return now_; }
  // The version that everything written here gets.
  uint64_t index() const { return index_; }
  // What was written so far, step by step.
  const Changes& changes() const { return changes_; }

  // The id must be new.
  template <class T>
  void create(T object) {
    SKEIN_ASSERT(!object.id().empty() && !tables_.get<T>(object.id()));
    *object.mutable_meta()->mutable_created_at() = model::to_timestamp(now_);
    put<T>(std::move(object));
  }
  // The object must exist; the caller has read it in this transaction, or checked its version.
  template <class T>
  void update(T object) {
    SKEIN_ASSERT(tables_.get<T>(object.id()));
    put<T>(std::move(object));
  }
  template <class T>
  void remove(const std::string& id) {
    if (auto before = tables_.get<T>(id)) record({KindOf<T>::value, id, before, Ref<T>()});
  }
  // A user's write, based on what they read: kFailedPrecondition "update out of sequence" when it changed since.
  template <class T>
  Result<Ref<T>> at_version(const std::string& id, uint64_t version) const {
    auto found = tables_.get<T>(id);
    if (!found) return make_error(Code::kNotFound, std::string(KindOf<T>::name) + " " + id + " not found");
    if (found->meta().version().index() != version) return make_error(Code::kUnknown, "update out of sequence");
    return found;
  }

 private:
  friend class Store;
  template <class T>
  void put(T object) {
    object.mutable_meta()->mutable_version()->set_index(index_);
    *object.mutable_meta()->mutable_updated_at() = model::to_timestamp(now_);
    auto id = object.id();
    record({KindOf<T>::value, id, tables_.get<T>(id), tables_.keep(std::move(object))});
  }
  void record(Change change);
  void roll_back();
  Changes merged() const;

  Tables& tables_;
  uint64_t index_;
  WallTime now_;
  Changes changes_;
};

class Store {
 public:
  // May be destroyed while transactions run or wait only when their context has dropped them.
  Store(const boost::asio::any_io_executor& executor, std::unique_ptr<Journal> journal, Clock& clock);
  ~Store();

  // Reads everything back. Call once, before anything else.
  Result<void> open();

  const Tables& view() const { return tables_; }
  uint64_t index() const { return index_; }

  // Runs `decide`, makes its changes durable, then shows them to readers and watchers. An error of `decide` comes back
  // as it is; an error of the journal means that nothing was changed. A coroutine that is cancelled meanwhile ends
  // after the transaction, at its next co_await.
  boost::asio::awaitable<Result<void>> update(std::function<Result<void>(Transaction&)> decide);

  // Called after every transaction with what it changed. Watchers live as long as the returned token.
  using Watcher = std::function<void(const Changes&)>;
  using Watch = std::shared_ptr<Watcher>;
  [[nodiscard]] Watch watch(Watcher watcher);

 private:
  boost::asio::awaitable<Result<void>> transact(std::function<Result<void>(Transaction&)> decide);

  struct Turn;

  std::unique_ptr<Journal> journal_;
  Clock& clock_;
  Tables tables_;
  uint64_t index_ = 0;
  std::unique_ptr<Turn> turn_;  // of the transaction that runs
  std::vector<std::weak_ptr<Watcher>> watchers_;
};

}  // namespace skein::store
