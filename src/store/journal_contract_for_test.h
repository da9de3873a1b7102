// What every form of a journal promises. A form's test instantiates JournalContract with how it is opened; for tests
// only.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "store/journal.h"

namespace skein::store {

// A place that a journal is kept in.
class JournalPlace {
 public:
  virtual ~JournalPlace() = default;
  virtual boost::asio::io_context& context() = 0;
  // Until nothing happens any more.
  virtual void run() = 0;
  // Again with what was appended before. The earlier one is gone.
  virtual std::unique_ptr<Journal> open() = 0;
  // From here on its disk takes nothing, or takes it again.
  virtual void set_failing(bool is_failing) = 0;
};

struct JournalForm {
  std::string name;
  std::function<std::unique_ptr<JournalPlace>()> make;
};

class JournalContract : public testing::TestWithParam<JournalForm> {
 protected:
  template <class T>
  std::optional<T> begin_and_run(boost::asio::awaitable<T> work) {
    std::optional<T> out;
    begin(std::move(work), out);
    place->run();
    return out;
  }
  template <class T>
  void begin(boost::asio::awaitable<T> work, std::optional<T>& out) {
    auto keep = [](boost::asio::awaitable<T> work, std::optional<T>& out) -> boost::asio::awaitable<void> {
      out.emplace(co_await std::move(work));
    };
    boost::asio::co_spawn(place->context(), keep(std::move(work), out), boost::asio::detached);
  }
  static Record object(const std::string& id, const std::string& body = "x") { return {model::Kind::kTask, id, body}; }
  Result<void> append(Position at, std::vector<Record> records, Position expected) {
    Batch batch{at, std::move(records)};
    return *begin_and_run(journal->append(std::move(batch), expected));
  }
  // By id, with their bodies; the place where they end.
  std::map<std::string, std::string> load(Position* at = nullptr) {
    std::map<std::string, std::string> out;
    auto take = [&](const std::vector<Record>& piece) -> Result<void> {
      EXPECT_LE(piece.size(), kBatchRecordsMax);
      ++pieces;
      for (const auto& record : piece) EXPECT_TRUE(out.emplace(record.id, record.body).second) << record.id;
      return {};
    };
    auto loaded = *begin_and_run(journal->load(take));
    EXPECT_TRUE(loaded.ok());
    if (at) *at = *loaded;
    return out;
  }
  static std::string number(size_t i) { return std::to_string(100'000 + i); }

  std::unique_ptr<JournalPlace> place = GetParam().make();
  std::unique_ptr<Journal> journal = place->open();
  size_t pieces = 0;
};

using Objects = std::map<std::string, std::string>;

TEST_P(JournalContract, what_was_appended_is_there_for_the_next_who_opens_it) {
  ASSERT_TRUE(append({1, 1}, {object("a", "1"), object("b", "1")}, {}).ok());
  ASSERT_TRUE(
      append({2, 1}, {object("a", "2"), {model::Kind::kTask, "b", {}, true}, object("empty", "")}, {1, 1}).ok());
  journal.reset();
  journal = place->open();
  Position at;
  EXPECT_EQ(load(&at), (Objects{{"a", "2"}, {"empty", ""}}));
  EXPECT_EQ(at, (Position{2, 1}));
}

// The one who was first has written; the other must learn of it, and its change must not be there.
TEST_P(JournalContract, of_two_writers_who_expect_the_same_one_is_refused) {
  ASSERT_TRUE(append({1, 1}, {object("a", "first")}, {}).ok());
  auto refused = append({1, 2}, {object("a", "second")}, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kAborted);
  EXPECT_EQ(load(), (Objects{{"a", "first"}}));
}

// It counts only its own batches, so that its index is right; its epoch is over.
TEST_P(JournalContract, a_writer_of_an_earlier_epoch_is_refused_at_the_right_index) {
  ASSERT_TRUE(append({1, 1}, {object("a")}, {}).ok());
  ASSERT_TRUE(append({2, 2}, {object("b")}, {1, 1}).ok());
  auto refused = append({3, 1}, {object("c")}, {2, 1});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kAborted);
  EXPECT_EQ(load().size(), 2u);
}

TEST_P(JournalContract, a_batch_that_is_too_large_is_refused_and_the_largest_is_not) {
  std::vector<Record> most;
  for (size_t i = 0; i < kBatchRecordsMax; ++i) most.push_back(object(number(i)));
  ASSERT_TRUE(append({1, 1}, most, {}).ok());
  most.push_back(object("one more"));
  auto refused = append({2, 1}, most, {1, 1});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_NE(refused.error().text().find("129 objects, and at most 128"), std::string::npos);

  constexpr size_t kSealBytes = 28;  // that a sealed object may grow by
  ASSERT_TRUE(append({2, 1}, {object("large", std::string(kBatchBytesMax - 5 - kSealBytes, 'x'))}, {1, 1}).ok());
  refused = append({3, 1}, {object("large", std::string(kBatchBytesMax, 'x'))}, {2, 1});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().text().find("at most 1048576"), std::string::npos);
}

// A hundred thousand objects must not stop the loop.
TEST_P(JournalContract, loading_gives_others_their_turn_between_pieces) {
  Position at;
  for (size_t first = 0; first < 1'000; first += 100) {
    std::vector<Record> records;
    for (size_t i = first; i < first + 100; ++i) records.push_back(object(number(i)));
    ASSERT_TRUE(append({at.index + 1, 1}, records, at).ok());
    at = {at.index + 1, 1};
  }
  std::optional<Result<Position>> loaded;
  size_t objects = 0;
  auto take = [&](const std::vector<Record>& piece) -> Result<void> {
    objects += piece.size();
    return {};
  };
  begin(journal->load(take), loaded);
  size_t turns = 0;
  std::function<void()> other = [&] {
    if (loaded) return;
    ++turns;
    boost::asio::post(place->context(), other);
  };
  boost::asio::post(place->context(), other);
  place->run();
  EXPECT_EQ(objects, 1'000u);
  EXPECT_GE(turns, 1'000 / kBatchRecordsMax);
}

TEST_P(JournalContract, a_reader_that_refuses_ends_the_loading) {
  ASSERT_TRUE(append({1, 1}, {object("a")}, {}).ok());
  auto take = [](const std::vector<Record>&) -> Result<void> { return make_error(Code::kDataLoss, "unreadable"); };
  auto loaded = *begin_and_run(journal->load(take));
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().what, "unreadable");
}

TEST_P(JournalContract, who_follows_gets_each_batch_once_and_in_order) {
  for (uint64_t i = 1; i <= 3; ++i)
    ASSERT_TRUE(append({i, 1}, {object("a", std::to_string(i))}, {i - 1, i > 1 ? 1u : 0u}).ok());
  auto stream = journal->follow(1);
  EXPECT_EQ((**begin_and_run(stream->next()))->at.index, 2u);
  EXPECT_EQ((**begin_and_run(stream->next()))->at.index, 3u);

  std::optional<Result<std::shared_ptr<const Batch>>> next;
  begin(stream->next(), next);
  place->run();
  EXPECT_FALSE(next) << "there is none yet";
  ASSERT_TRUE(append({4, 1}, {object("a", "4")}, {3, 1}).ok());
  ASSERT_TRUE(next && next->ok());
  EXPECT_EQ((**next)->at, (Position{4, 1}));
  EXPECT_EQ((**next)->records.at(0).body, "4");
}

TEST_P(JournalContract, who_follows_from_too_far_back_is_told_to_load) {
  auto waiting = journal->follow(0);
  for (uint64_t i = 1; i <= 600; ++i) ASSERT_TRUE(append({i, 1}, {object("a")}, {i - 1, i > 1 ? 1u : 0u}).ok());
  auto next = *begin_and_run(waiting->next());
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.error().code, Code::kOutOfRange);
}

// Loading while somebody writes, and then taking the batches after the position that it began at, gives what is there.
TEST_P(JournalContract, loaded_and_followed_is_what_is_there) {
  Position at;
  for (size_t i = 0; i < 300; ++i) {
    ASSERT_TRUE(append({at.index + 1, 1}, {object(number(i), "old")}, at).ok());
    at = {at.index + 1, 1};
  }
  Objects seen;
  std::optional<Result<Position>> loaded;
  std::optional<Result<void>> removed;
  auto take = [&](const std::vector<Record>& piece) -> Result<void> {
    for (const auto& record : piece) seen[record.id] = record.body;
    if (removed) return {};
    removed.emplace();
    Batch batch{{at.index + 1, 1}, {object(number(0), "new"), {model::Kind::kTask, number(299), {}, true}}};
    begin(journal->append(std::move(batch), at), removed);
    return {};
  };
  begin(journal->load(take), loaded);
  place->run();
  ASSERT_TRUE(loaded && loaded->ok() && removed && removed->ok());
  auto stream = journal->follow((**loaded).index);
  std::optional<Result<std::shared_ptr<const Batch>>> next;
  for (begin(stream->next(), next), place->run(); next; next.reset(), begin(stream->next(), next), place->run())
    for (const auto& record : (**next)->records)
      record.is_removed ? void(seen.erase(record.id)) : void(seen[record.id] = record.body);
  EXPECT_EQ(seen, load());
  EXPECT_EQ(seen.size(), 299u);
  EXPECT_EQ(seen[number(0)], "new");
}

TEST_P(JournalContract, a_batch_that_could_not_be_written_is_not_there) {
  place->set_failing(true);
  auto refused = append({1, 1}, {object("a")}, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kUnavailable) << "told apart from another writer";
  place->set_failing(false);
  EXPECT_EQ(load(), Objects());
  EXPECT_TRUE(append({1, 1}, {object("a")}, {}).ok());
}

}  // namespace skein::store
