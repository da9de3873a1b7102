#include "store/memory_journal.h"

namespace skein::store {

Result<Batch> MemoryJournal::load() {
  Batch all{contents_->index, {}};
  for (const auto& [key, body] : contents_->objects) all.records.push_back({key.first, key.second, body});
  return all;
}

boost::asio::awaitable<Result<void>> MemoryJournal::append(const Batch& batch) {
  if (contents_->is_failing) co_return make_error(Code::kUnavailable, "the journal does not accept writes");
  for (const Record& record : batch.records) {
    if (record.is_removed)
      contents_->objects.erase({record.kind, record.id});
    else
      contents_->objects[{record.kind, record.id}] = record.body;
  }
  contents_->index = batch.index;
  co_return Result<void>();
}

}  // namespace skein::store
