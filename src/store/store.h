// The swarm's objects: read in memory, changed by transactions that are durable before anybody sees them, watched.
//
// Belongs to the loop's thread. Transactions run one after another; the function that decides is pure: it sees the
// state (its own changes included) and puts changes, or refuses with an error and nothing happens.
//
// The journal's batches are bounded (journal.h). A transaction that may be longer says where it can be cut: then it is
// stored, and shown to readers, in several batches.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "base/time/steady_wall.h"
#include "store/journal.h"
#include "store/tables.h"

namespace skein::store {

class Transaction {
 public:
  Transaction(Tables& tables, uint64_t index, WallTime now) : tables_(tables), index_(index), now_(now) {}

  const Tables& view() const { return tables_; }
  WallTime now() const { return now_; }
  // The version that is given to what is written now.
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
  // What was written so far makes sense even if the rest were never stored: whoever wrote it would come to the rest
  // again. Between two such places there may be half of what a batch holds. What is created or read before such a place
  // may have changed after it.
  void allow_cut();
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
  // What is to be stored together, in its order.
  struct Part {
    uint64_t index;
    Changes changes;
  };
  std::vector<Part> parts() const;

  Tables& tables_;
  uint64_t index_;
  WallTime now_;
  Changes changes_;
  std::vector<size_t> cuts_;  // places in changes_ where a part begins
  size_t part_bytes_ = 0;     // of the objects in the last part
};

class Store {
 public:
  // May be destroyed while transactions run or wait only when their context has dropped them.
  Store(const boost::asio::any_io_executor& executor, std::unique_ptr<Journal> journal, Clock& clock);
  ~Store();

  // Reads everything back, and begins a new epoch. Call once, before anything else; not for a journal without contents.
  boost::asio::awaitable<Result<void>> open();

  const Tables& view() const { return tables_; }
  uint64_t index() const { return at_.index; }
  // By which transactions stamp, and which waits that are stored are counted in: never before what the store holds.
  WallTime time() { return time_.now(); }

  // Runs `decide`, makes its changes durable, then shows them to readers and watchers. An error of `decide` comes back
  // as it is; an error of the journal means that nothing was changed, or nothing after a place where it could be cut.
  // Once another writer was first, all fail (kAborted), and readers see what was there before. A coroutine
  // that is cancelled meanwhile ends after the transaction, at its next co_await.
  boost::asio::awaitable<Result<void>> update(std::function<Result<void>(Transaction&)> decide);

  // Hands the journal all objects once more as they are, in bounded pieces, between which transactions have their turn:
  // for a journal that writes them in another way than before.
  boost::asio::awaitable<Result<void>> rewrite();

  // Called after every transaction with what it changed. Watchers live as long as the returned token.
  using Watcher = std::function<void(const Changes&)>;
  using Watch = std::shared_ptr<Watcher>;
  [[nodiscard]] Watch watch(Watcher watcher);

 private:
  boost::asio::awaitable<Result<void>> transact(std::function<Result<void>(Transaction&)> decide);
  boost::asio::awaitable<Result<void>> rewrite_piece(const Changes& all, size_t& next);
  boost::asio::awaitable<Result<void>> store(const Changes& changes, uint64_t index);

  struct Turn;

  std::unique_ptr<Journal> journal_;
  SteadyWall time_;
  Tables tables_;
  Position at_;  // of the last batch
  uint64_t epoch_ = 1;
  std::unique_ptr<Turn> turn_;  // of the transaction that runs
  std::vector<std::weak_ptr<Watcher>> watchers_;
};

}  // namespace skein::store
