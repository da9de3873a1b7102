// Who gets hold of a manager's disk without its key reads no secret from it.
#include "store/sealed_journal.h"

#include <fstream>

#include "store/sqlite_journal.h"
#include "store/store_for_test.h"

namespace skein::store {
namespace {

constexpr const char* kNeedle = "needle in the haystack";

struct SealedJournalTest : StoreTest {
  static std::string key(char c) { return std::string(SealedJournal::kKeyBytes, c); }

  std::unique_ptr<Store> open_store(std::unique_ptr<Journal> journal) {
    return std::make_unique<Store>(io.get_executor(), std::move(journal), fixed_clock);
  }
  std::unique_ptr<Journal> sqlite() { return std::move(*SqliteJournal::open(directory + "/swarm.db")); }
  std::unique_ptr<Journal> sealed(std::unique_ptr<Journal> beneath, char c = 'k') {
    return std::make_unique<SealedJournal>(std::move(beneath), key(c), random);
  }
  std::unique_ptr<Journal> sealed_memory(char c = 'k') { return sealed(std::make_unique<MemoryJournal>(contents), c); }

  static api::Secret secret(const std::string& id) {
    api::Secret out;
    out.set_id(id);
    out.mutable_spec()->mutable_annotations()->set_name("name of " + id);
    out.mutable_spec()->set_data(std::string(kNeedle) + " of " + id);
    return out;
  }
  void fill(Store& store) {
    ASSERT_TRUE(run(io, store.open()).ok());
    auto done = run(io, store, [&](Transaction& tx) -> Result<void> {
      tx.create(secret("s1"));
      tx.create(secret("gone"));
      api::Config config;
      config.set_id("c1");
      config.mutable_spec()->set_data(kNeedle);
      tx.create(config);
      tx.create(network("n1", "blue"));
      return {};
    });
    ASSERT_TRUE(done.ok());
    done = run(io, store, [&](Transaction& tx) -> Result<void> {
      tx.update(secret("s1"));
      tx.remove<api::Secret>("gone");
      return {};
    });
    ASSERT_TRUE(done.ok());
  }
  // In any of the store's files.
  bool is_on_disk(const std::string& text) {
    bool is_found = false;
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
      std::ifstream stream(file.path(), std::ios::binary);
      const std::string bytes(std::istreambuf_iterator<char>(stream), {});
      is_found |= bytes.find(text) != std::string::npos;
    }
    return is_found;
  }
  Result<Position> run_load(Journal& journal) {
    Result<Position> out = Position{};
    auto load = [&]() -> asio::awaitable<Result<void>> {
      out = co_await journal.load([](const std::vector<Record>&) { return Result<void>(); });
      co_return Result<void>();
    };
    EXPECT_TRUE(run(io, load()).ok());
    return out;
  }
  SeededRandom random{7};
};

TEST_F(SealedJournalTest, no_file_holds_what_an_object_says) {
  {
    auto store = open_store(sealed(sqlite()));
    fill(*store);
    EXPECT_FALSE(is_on_disk(kNeedle)) << "while it is open, with its journal of writes";
    EXPECT_FALSE(is_on_disk("name of s1"));
    EXPECT_FALSE(is_on_disk("blue"));
    EXPECT_TRUE(is_on_disk("gone")) << "ids can be read";
  }
  EXPECT_FALSE(is_on_disk(kNeedle));
  auto store = open_store(sealed(sqlite()));
  ASSERT_TRUE(run(io, store->open()).ok());
  EXPECT_EQ(store->view().get<api::Secret>("s1")->spec().data(), secret("s1").spec().data());
  EXPECT_EQ(store->view().get<api::Config>("c1")->spec().data(), kNeedle);
}

TEST_F(SealedJournalTest, without_it_the_search_finds_them) {
  auto store = open_store(sqlite());
  fill(*store);
  EXPECT_TRUE(is_on_disk(kNeedle));
}

TEST_F(SealedJournalTest, another_key_opens_nothing) {
  fill(*open_store(sealed_memory()));
  auto opened = run(io, open_store(sealed_memory('x'))->open());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Code::kDataLoss);
}

// A store of before: secrets and configs sealed, and more networks than one batch takes in clear.
TEST_F(SealedJournalTest, a_store_of_an_earlier_version_is_sealed_when_it_is_loaded) {
  fill(*open_store(sealed(sqlite())));
  {
    auto plain = sqlite();
    for (uint64_t i = 0; i < 3; ++i) {
      Batch batch{{10 + i, 7}, {}};
      for (int n = 0; n < 100; ++n) {
        const std::string id = "n" + std::to_string(i) + std::to_string(n);
        batch.records.push_back({Kind::kNetwork, id, network(id, "in-clear-" + id).SerializeAsString()});
      }
      const auto at = i == 0 ? *run_load(*plain) : Position{9 + i, 7};
      ASSERT_TRUE(run(io, plain->append(batch, at)).ok());
    }
  }
  EXPECT_TRUE(is_on_disk("in-clear-"));
  auto old = [&] {
    return std::make_unique<SealedJournal>(sqlite(), key('k'), random, SealedJournal::Form::kPartlySealed);
  };
  for (int time = 0; time < 2; ++time) {
    auto store = open_store(old());
    auto opened = run(io, store->open());
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    EXPECT_EQ(store->view().get<api::Network>("n299")->spec().annotations().name(), "in-clear-n299");
    EXPECT_EQ(store->view().get<api::Config>("c1")->spec().data(), kNeedle);
    EXPECT_EQ(store->view().all<api::Network>().size(), 301U);
    ASSERT_TRUE(run(io, *store, [&](Transaction& tx) -> Result<void> {
                  tx.update(secret("s1"));
                  return {};
                }).ok());
  }
  EXPECT_FALSE(is_on_disk("in-clear-"));
  auto store = open_store(sealed(sqlite()));
  EXPECT_TRUE(run(io, store->open()).ok()) << "all of it is sealed";
}

TEST_F(SealedJournalTest, what_is_in_clear_is_taken_from_an_earlier_versions_store_alone) {
  fill(*open_store(sealed_memory()));
  contents->objects[{Kind::kNetwork, "n2"}] = network("n2", "planted").SerializeAsString();
  EXPECT_FALSE(run(io, open_store(sealed_memory())->open()).ok());
}

TEST_F(SealedJournalTest, one_object_cannot_stand_for_another) {
  fill(*open_store(sealed_memory()));
  contents->objects[{Kind::kSecret, "s2"}] = contents->objects[{Kind::kSecret, "s1"}];
  EXPECT_FALSE(run(io, open_store(sealed_memory())->open()).ok());
}

TEST_F(SealedJournalTest, who_follows_reads_what_was_written) {
  auto journal = sealed_memory();
  auto stream = journal->follow(0);
  Record written{Kind::kSecret, "s1", kNeedle};
  std::string body;
  auto work = [&]() -> asio::awaitable<Result<void>> {
    Batch batch{{1, 1}, {written}};
    SKEIN_CO_TRY(co_await journal->append(std::move(batch), {}));
    SKEIN_CO_TRY_ASSIGN(auto next, co_await stream->next());
    body = next->records.at(0).body;
    co_return Result<void>();
  };
  ASSERT_TRUE(run(io, work()).ok());
  EXPECT_EQ(body, kNeedle);
  EXPECT_EQ((contents->objects[{Kind::kSecret, "s1"}]).find(kNeedle), std::string::npos);
}

// An object that the API takes must never be too large for the journal.
TEST_F(SealedJournalTest, the_largest_object_grows_by_what_is_said) {
  auto journal = sealed_memory();
  auto append = [&](size_t bytes) {
    Batch batch{{1, 1}, {{Kind::kConfig, "c1", std::string(bytes, 'x')}}};
    return run(io, journal->append(std::move(batch), {}));
  };
  EXPECT_FALSE(append(kBatchBytesMax - 2 - SealedJournal::kOverheadBytes + 1).ok());
  EXPECT_TRUE(append(kBatchBytesMax - 2 - SealedJournal::kOverheadBytes).ok());
}

}  // namespace
}  // namespace skein::store
