// A store whose key is renewed opens with the new key alone, and wherever that was cut off with both; who has the
// earlier key reads nothing that is written afterwards.
#include "store/sealed_journal.h"
#include "store/store_for_test.h"

namespace skein::store {
namespace {

// Takes so many batches, then its process has died.
class MortalJournal final : public Journal {
 public:
  MortalJournal(std::shared_ptr<MemoryJournal::Contents> contents, int batches)
      : beneath_(std::move(contents)), left_(batches) {}
  asio::awaitable<Result<Position>> load(Take take) override { return beneath_.load(std::move(take)); }
  asio::awaitable<Result<void>> append(Batch batch, Position expected) override {
    if (left_-- <= 0) co_return make_error(Code::kUnavailable, "killed");
    co_return co_await beneath_.append(std::move(batch), expected);
  }
  std::unique_ptr<BatchStream> follow(uint64_t index) override { return beneath_.follow(index); }

 private:
  MemoryJournal beneath_;
  int left_;
};

struct RenewedKey : StoreTest {
  static constexpr int kNetworks = 300;  // more than two batches
  static std::string key(char c) { return c ? std::string(SealedJournal::kKeyBytes, c) : std::string(); }
  static std::string id_of(int n) { return "n" + std::to_string(n); }

  // `batches`: how many it stores.
  void open_store(char now, char earlier = 0, int batches = 1000) {
    auto journal = std::make_unique<SealedJournal>(std::make_unique<MortalJournal>(contents, batches), key(now), random,
                                                   SealedJournal::Form::kSealed, key(earlier));
    sealed = journal.get();
    renewed = std::make_unique<Store>(io.get_executor(), std::move(journal), fixed_clock);
  }
  bool opens(char now, char earlier = 0) {
    open_store(now, earlier);
    return run(io, renewed->open()).ok();
  }
  void fill() {
    ASSERT_TRUE(opens('k'));
    for (int n = 0; n < kNetworks; n += 100)
      ASSERT_TRUE(run(io, *renewed, [&](Transaction& tx) -> Result<void> {
                    for (int i = n; i < n + 100; ++i) tx.create(network(id_of(i), "blue"));
                    return {};
                  }).ok());
  }
  std::string name(int n) { return model::name_of(*renewed->view().get<api::Network>(id_of(n))); }
  void expect_whole() {
    EXPECT_EQ(renewed->view().all<api::Network>().size(), size_t{kNetworks});
    EXPECT_EQ(name(kNetworks - 1), "blue");
  }

  SeededRandom random{7};
  SealedJournal* sealed = nullptr;
  std::unique_ptr<Store> renewed;
};

TEST_F(RenewedKey, after_a_rewrite_it_opens_all_alone_and_the_earlier_one_nothing) {
  fill();
  sealed->renew(key('n'));
  ASSERT_TRUE(run(io, renewed->rewrite()).ok());
  sealed->forget_earlier();
  ASSERT_TRUE(run(io, *renewed, [](Transaction& tx) -> Result<void> {
                tx.update(network("n7", "red"));
                return {};
              }).ok());
  ASSERT_TRUE(opens('n'));
  EXPECT_EQ(name(7), "red");
  EXPECT_EQ(renewed->view().get<api::Network>("n8")->meta().version().index(), 1u) << "objects are as they were";
  expect_whole();
  EXPECT_FALSE(opens('k'));
  for (auto& [place, body] : contents->objects)
    if (place.second != "n9") body.clear();
  contents->objects = {*contents->objects.find({Kind::kNetwork, "n9"})};
  EXPECT_FALSE(opens('k')) << "not even one";
}

TEST_F(RenewedKey, killed_after_any_batch_both_keys_open_it_and_it_goes_on) {
  fill();
  const auto before = *contents;
  for (int batches = 0; batches <= 3; ++batches) {
    *contents = before;
    contents->recent = RecentBatches(before.at.index);
    open_store('k', 0, batches);
    ASSERT_TRUE(run(io, renewed->open()).ok());
    sealed->renew(key('n'));
    EXPECT_EQ(run(io, renewed->rewrite()).ok(), batches == 3);
    EXPECT_EQ(opens('n'), batches == 3) << batches;
    EXPECT_EQ(opens('k'), batches == 0) << batches;
    ASSERT_TRUE(opens('n', 'k')) << batches;
    expect_whole();
    ASSERT_TRUE(run(io, renewed->rewrite()).ok());
    EXPECT_TRUE(opens('n')) << batches;
    expect_whole();
  }
}

TEST_F(RenewedKey, transactions_have_their_turn_and_what_they_change_stays_changed) {
  fill();
  sealed->renew(key('n'));
  int ended = 0;
  auto count = [&](const std::exception_ptr&, const Result<void>& done) { ended += done.ok(); };
  asio::co_spawn(io, renewed->rewrite(), count);
  for (int n : {0, 150, 299})
    asio::co_spawn(io, renewed->update([n](Transaction& tx) -> Result<void> {
      tx.update(network(id_of(n), "red"));
      return {};
    }),
                   count);
  asio::co_spawn(io, renewed->update([](Transaction& tx) -> Result<void> {
    tx.remove<api::Network>(id_of(200));
    return {};
  }),
                 count);
  io.restart();
  io.run();
  EXPECT_EQ(ended, 5);
  ASSERT_TRUE(opens('n'));
  for (int n : {0, 150, 299}) EXPECT_EQ(name(n), "red");
  EXPECT_EQ(name(1), "blue");
  EXPECT_FALSE(renewed->view().get<api::Network>(id_of(200)));
}

TEST_F(RenewedKey, who_follows_reads_what_is_written_with_either) {
  fill();
  auto stream = sealed->follow(renewed->index());
  sealed->renew(key('n'));
  std::string body;
  auto work = [&]() -> asio::awaitable<Result<void>> {
    SKEIN_CO_TRY(co_await renewed->update([](Transaction& tx) -> Result<void> {
      tx.update(network("n1", "red"));
      return {};
    }));
    SKEIN_CO_TRY_ASSIGN(auto next, co_await stream->next());
    body = next->records.at(0).body;
    co_return Result<void>();
  };
  ASSERT_TRUE(run(io, work()).ok());
  EXPECT_NE(body.find("red"), std::string::npos);
}

}  // namespace
}  // namespace skein::store
