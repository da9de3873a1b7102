#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>

#include "store/journal_contract_for_test.h"
#include "store/memory_journal.h"
#include "store/sealed_journal.h"
#include "store/sqlite_journal.h"

namespace skein::store {
namespace {

class RealPlace : public JournalPlace {
 public:
  boost::asio::io_context& context() override { return io_; }
  void run() override {
    io_.restart();
    io_.poll();
  }

 private:
  boost::asio::io_context io_;
};

class MemoryPlace final : public RealPlace {
 public:
  std::unique_ptr<Journal> open() override { return std::make_unique<MemoryJournal>(contents_); }
  void set_failing(bool is_failing) override { contents_->is_failing = is_failing; }

 private:
  std::shared_ptr<MemoryJournal::Contents> contents_ = std::make_shared<MemoryJournal::Contents>();
};

class SealedPlace final : public RealPlace {
 public:
  std::unique_ptr<Journal> open() override {
    return std::make_unique<SealedJournal>(beneath_.open(), std::string(SealedJournal::kKeyBytes, 'k'), random_);
  }
  void set_failing(bool is_failing) override { beneath_.set_failing(is_failing); }

 private:
  MemoryPlace beneath_;
  SeededRandom random_{1};
};

class SqlitePlace final : public RealPlace {
 public:
  SqlitePlace() { std::filesystem::create_directories(folder_); }
  ~SqlitePlace() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<Journal> open() override { return std::move(*SqliteJournal::open(folder_ + "/swarm.db")); }
  // Its file may not grow: what is written goes beyond the limit.
  void set_failing(bool is_failing) override {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = is_failing ? 1 : limit.rlim_max;
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }

 private:
  std::string folder_ = testing::TempDir() + "/skein-journal-" + std::to_string(getpid());
};

INSTANTIATE_TEST_SUITE_P(Forms, JournalContract,
                         testing::Values(JournalForm{"memory", [] { return std::make_unique<MemoryPlace>(); }},
                                         JournalForm{"sealed", [] { return std::make_unique<SealedPlace>(); }},
                                         JournalForm{"sqlite", [] { return std::make_unique<SqlitePlace>(); }}),
                         [](const auto& form) { return form.param.name; });

// Whoever opens a file has nothing of what came before to hand on.
TEST(SqliteJournalTest, what_came_before_it_was_opened_cannot_be_followed) {
  SqlitePlace place;
  auto append = [&](Journal& journal, uint64_t index, Position expected) {
    Batch batch{{index, 1}, {{model::Kind::kTask, "a", "x"}}};
    bool is_done = false;
    boost::asio::co_spawn(place.context(), journal.append(std::move(batch), expected),
                          [&](const std::exception_ptr&, const Result<void>& done) { is_done = done.ok(); });
    place.run();
    EXPECT_TRUE(is_done);
  };
  append(*place.open(), 1, {});
  auto journal = place.open();
  append(*journal, 2, {1, 1});
  auto code_after = [&](uint64_t index) {
    auto stream = journal->follow(index);
    Code code = Code::kUnknown;
    auto ask = [&]() -> boost::asio::awaitable<void> {
      auto next = co_await stream->next();
      code = next.ok() ? Code::kOk : next.error().code;
    };
    boost::asio::co_spawn(place.context(), ask(), boost::asio::detached);
    place.run();
    return code;
  };
  EXPECT_EQ(code_after(0), Code::kOutOfRange);
  EXPECT_EQ(code_after(1), Code::kOk);
}

}  // namespace
}  // namespace skein::store
