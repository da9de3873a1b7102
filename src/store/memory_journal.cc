#include "store/memory_journal.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace skein::store {

namespace asio = boost::asio;

asio::awaitable<Result<Position>> MemoryJournal::load(Take take) {
  const Position begun = contents_->at;
  std::pair<model::Kind, std::string> last;
  for (bool is_first = true;; is_first = false) {
    std::vector<Record> piece;
    auto at = is_first ? contents_->objects.begin() : contents_->objects.upper_bound(last);
    for (; at != contents_->objects.end() && piece.size() < kBatchRecordsMax; ++at) {
      piece.push_back({at->first.first, at->first.second, at->second});
      last = at->first;
    }
    if (piece.empty()) co_return begun;
    SKEIN_CO_TRY(take(std::move(piece)));
    co_await asio::post(asio::use_awaitable);
  }
}

asio::awaitable<Result<void>> MemoryJournal::append(Batch batch, Position expected) {
  if (contents_->is_failing) co_return make_error(Code::kUnavailable, "the journal does not accept writes");
  SKEIN_CO_TRY(check_append(batch, contents_->at, expected));
  for (const Record& record : batch.records) {
    if (record.is_removed)
      contents_->objects.erase({record.kind, record.id});
    else
      contents_->objects[{record.kind, record.id}] = record.body;
  }
  contents_->at = batch.at;
  contents_->recent.add(std::move(batch));
  co_return Result<void>();
}

}  // namespace skein::store
