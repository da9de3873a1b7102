#include "store/store.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>

namespace skein::store {

namespace asio = boost::asio;

namespace {

bool is_null(const AnyObject& any) {
  return std::visit([](const auto& ref) { return ref == nullptr; }, any);
}

}  // namespace

void Transaction::record(Change change) {
  tables_.apply(change);
  changes_.push_back(std::move(change));
}

void Transaction::roll_back() {
  for (auto at = changes_.rbegin(); at != changes_.rend(); ++at) {
    Change back = *at;
    std::swap(back.before, back.after);
    tables_.apply(back);
  }
}

// Several changes of one object become one; what came and went in between is none.
Changes Transaction::merged() const {
  std::map<std::pair<Kind, std::string>, size_t> places;
  Changes out;
  for (const Change& change : changes_) {
    auto [place, is_new] = places.insert({{change.kind, change.id}, out.size()});
    if (is_new)
      out.push_back(change);
    else
      out[place->second].after = change.after;
  }
  std::erase_if(out, [](const Change& change) { return is_null(change.before) && is_null(change.after); });
  return out;
}

namespace {

template <class T>
bool load_as(const Record& record, Tables& tables, Change& change) {
  T object;
  if (!object.ParseFromString(record.body)) return false;
  change = {record.kind, record.id, Ref<T>(), tables.keep(std::move(object))};
  return true;
}

bool load_record(const Record& record, Tables& tables, Change& change) {
  switch (record.kind) {
    case Kind::kCluster: return load_as<api::Cluster>(record, tables, change);
    case Kind::kNode: return load_as<api::Node>(record, tables, change);
    case Kind::kNetwork: return load_as<api::Network>(record, tables, change);
    case Kind::kService: return load_as<api::Service>(record, tables, change);
    case Kind::kTask: return load_as<api::Task>(record, tables, change);
    case Kind::kSecret: return load_as<api::Secret>(record, tables, change);
    case Kind::kConfig: return load_as<api::Config>(record, tables, change);
  }
  return false;
}

Record to_record(const Change& change) {
  Record out{change.kind, change.id, {}, is_null(change.after)};
  if (!out.is_removed) std::visit([&](const auto& ref) { out.body = ref->SerializeAsString(); }, change.after);
  return out;
}

}  // namespace

// One token, handed on in order. Who waits for it belongs to the context, and goes with it, as all that waits.
struct Store::Turn {
  explicit Turn(const asio::any_io_executor& executor) : token(executor, 1) { pass_on(); }

  asio::awaitable<void> take() {
    if (token.try_receive([](const boost::system::error_code&) {})) co_return;
    // Cancellation does not reach it: a transaction that has been begun is ended.
    auto quietly = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::as_tuple(asio::use_awaitable));
    co_await token.async_receive(quietly);
  }
  void pass_on() { token.try_send(boost::system::error_code()); }

  asio::experimental::channel<void(boost::system::error_code)> token;
};

Store::Store(const asio::any_io_executor& executor, std::unique_ptr<Journal> journal, Clock& clock)
    : journal_(std::move(journal)), clock_(clock), turn_(std::make_unique<Turn>(executor)) {}
Store::~Store() = default;

Result<void> Store::open() {
  SKEIN_TRY_ASSIGN(Batch all, journal_->load());
  for (const Record& record : all.records) {
    Change change;
    if (!load_record(record, tables_, change))
      return make_error(Code::kDataLoss, "the store holds an object that cannot be read",
                        "kind " + std::to_string(int(record.kind)) + " id " + record.id,
                        "restore the state directory from a backup");
    tables_.apply(change);
  }
  index_ = all.index;
  return {};
}

asio::awaitable<Result<void>> Store::update(std::function<Result<void>(Transaction&)> decide) {
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  auto done = co_await transact(std::move(decide));
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return done;
}

asio::awaitable<Result<void>> Store::transact(std::function<Result<void>(Transaction&)> decide) {
  co_await turn_->take();
  // Readers must not see what is not durable: the changes are undone while the journal works, which may suspend.
  Transaction transaction(tables_, index_ + 1, clock_.wall());
  auto decided = decide(transaction);
  transaction.roll_back();
  Changes changes = transaction.merged();
  if (!decided.ok() || changes.empty()) {
    turn_->pass_on();
    co_return decided;
  }
  Batch batch{index_ + 1, {}};
  for (const Change& change : changes) batch.records.push_back(to_record(change));
  auto durable = co_await journal_->append(batch);
  if (durable.ok()) {
    for (const Change& change : changes) tables_.apply(change);
    index_ = batch.index;
  }
  turn_->pass_on();
  if (durable.ok()) {
    auto watchers = watchers_;
    for (auto& weak : watchers)
      if (auto watcher = weak.lock()) (*watcher)(changes);
  }
  co_return durable;
}

Store::Watch Store::watch(Watcher watcher) {
  std::erase_if(watchers_, [](const auto& weak) { return weak.expired(); });
  auto token = std::make_shared<Watcher>(std::move(watcher));
  watchers_.push_back(token);
  return token;
}

}  // namespace skein::store
