#include "store/store.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <span>
#include <utility>

namespace skein::store {

namespace asio = boost::asio;

namespace {

bool is_null(const AnyObject& any) {
  return std::visit([](const auto& ref) { return ref == nullptr; }, any);
}

WallTime written_at(const AnyObject& any) {
  return std::visit([](const auto& ref) { return model::to_wall(ref->meta().updated_at()); }, any);
}

size_t bytes_of(const AnyObject& any) {
  return std::visit([](const auto& ref) { return ref ? ref->ByteSizeLong() : 0; }, any);
}

}  // namespace

void Transaction::record(Change change) {
  SKEIN_ASSERT(!is_null(change.before) || !is_null(change.after));
  tables_.apply(change);
  part_bytes_ += change.id.size() + bytes_of(change.after);
  changes_.push_back(std::move(change));
}

void Transaction::roll_back() {
  for (auto at = changes_.rbegin(); at != changes_.rend(); ++at) {
    Change back = *at;
    std::swap(back.before, back.after);
    tables_.apply(back);
  }
}

// Half of a batch, so that whatever comes before the next place has room.
void Transaction::allow_cut() {
  const size_t begin = cuts_.empty() ? 0 : cuts_.back();
  if (changes_.size() - begin < kBatchRecordsMax / 2 && part_bytes_ < kBatchBytesMax / 2) return;
  cuts_.push_back(changes_.size());
  part_bytes_ = 0;
  ++index_;
}

namespace {

// Several changes of one object become one; what came and went in between is none.
Changes merged(std::span<const Change> changes) {
  std::map<std::pair<Kind, std::string>, size_t> places;
  Changes out;
  for (const Change& change : changes) {
    auto [place, is_new] = places.insert({{change.kind, change.id}, out.size()});
    if (is_new)
      out.push_back(change);
    else
      out[place->second].after = change.after;
  }
  std::erase_if(out, [](const Change& change) { return is_null(change.before) && is_null(change.after); });
  return out;
}

}  // namespace

std::vector<Transaction::Part> Transaction::parts() const {
  std::vector<Part> out;
  size_t begin = 0;
  uint64_t index = index_ - cuts_.size();
  auto take = [&](size_t end) {
    auto changes = merged(std::span(changes_).subspan(begin, end - begin));
    if (!changes.empty()) out.push_back({index, std::move(changes)});
    begin = end;
    ++index;
  };
  for (size_t cut : cuts_) take(cut);
  take(changes_.size());
  SKEIN_ASSERT(begin == changes_.size() && index == index_ + 1);
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
    : journal_(std::move(journal)), time_(clock), turn_(std::make_unique<Turn>(executor)) {}
Store::~Store() = default;

asio::awaitable<Result<void>> Store::open() {
  SKEIN_ASSERT(at_.index == 0);
  auto take = [this](const std::vector<Record>& piece) -> Result<void> {
    for (const Record& record : piece) {
      Change change;
      if (!load_record(record, tables_, change))
        return make_error(Code::kDataLoss, "the store holds an object that cannot be read",
                          "kind " + std::to_string(int(record.kind)) + " id " + record.id,
                          "restore the state directory from a backup");
      time_.go_on_from(written_at(change.after));
      tables_.apply(change);
    }
    return {};
  };
  SKEIN_CO_TRY_ASSIGN(at_, co_await journal_->load(take));
  epoch_ = at_.epoch + 1;
  co_return Result<void>();
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
  Transaction transaction(tables_, at_.index + 1, time());
  auto done = decide(transaction);
  transaction.roll_back();
  if (done.ok()) {
    bool is_first = true;
    for (const auto& part : transaction.parts()) {
      if (!std::exchange(is_first, false)) co_await asio::post(asio::use_awaitable);  // others have their turn
      done = co_await store(part.changes, part.index);
      if (!done.ok()) break;
    }
  }
  turn_->pass_on();
  co_return done;
}

asio::awaitable<Result<void>> Store::store(const Changes& changes, uint64_t index) {
  SKEIN_ASSERT(index > at_.index && !changes.empty());
  Batch batch{{index, epoch_}, {}};
  for (const Change& change : changes) batch.records.push_back(to_record(change));
  SKEIN_CO_TRY(co_await journal_->append(std::move(batch), at_));
  at_ = {index, epoch_};
  for (const Change& change : changes) tables_.apply(change);
  auto watchers = watchers_;
  for (auto& weak : watchers)
    if (auto watcher = weak.lock()) (*watcher)(changes);
  co_return Result<void>();
}

asio::awaitable<Result<void>> Store::rewrite() {
  const Changes all = tables_.as_changes();
  for (size_t next = 0; next < all.size();) {
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    auto done = co_await rewrite_piece(all, next);
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (!done.ok()) co_return done;
    co_await asio::post(asio::use_awaitable);
  }
  co_return Result<void>();
}

// What has changed since was written then.
asio::awaitable<Result<void>> Store::rewrite_piece(const Changes& all, size_t& next) {
  co_await turn_->take();
  auto is_current = [&](const Change& change) {
    return std::visit([&]<class T>(const Ref<T>& ref) { return tables_.get<T>(change.id) == ref; }, change.after);
  };
  Batch batch{{at_.index + 1, epoch_}, {}};
  size_t bytes = 0, end = next;
  for (; end < all.size() && batch.records.size() < kBatchRecordsMax; ++end) {
    if (!is_current(all[end])) continue;
    Record record = to_record(all[end]);
    bytes += bytes_of(record);
    if (bytes > kBatchBytesMax / 2 && !batch.records.empty()) break;  // the journal may need room of its own
    batch.records.push_back(std::move(record));
  }
  Result<void> done;
  if (!batch.records.empty()) {
    const Position at = batch.at;
    done = co_await journal_->append(std::move(batch), at_);
    if (done.ok()) at_ = at;
  }
  if (done.ok()) next = end;
  turn_->pass_on();
  co_return done;
}

Store::Watch Store::watch(Watcher watcher) {
  std::erase_if(watchers_, [](const auto& weak) { return weak.expired(); });
  auto token = std::make_shared<Watcher>(std::move(watcher));
  watchers_.push_back(token);
  return token;
}

}  // namespace skein::store
