// A store in memory, and what its tests do with it. For tests only.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "store/memory_journal.h"
#include "store/store.h"

namespace skein::store {

namespace asio = boost::asio;

class FixedClock final : public Clock {
 public:
  WallTime real{1'700'000'000'000'000'000};
  TimePoint now() const override { return {1}; }
  WallTime wall() const override { return real; }
};

inline FixedClock fixed_clock;

inline Result<void> run(asio::io_context& io, asio::awaitable<Result<void>> work) {
  std::optional<Result<void>> out;
  asio::co_spawn(io, std::move(work), [&](const std::exception_ptr&, Result<void> result) { out = std::move(result); });
  io.restart();
  io.run();
  SKEIN_ASSERT(out.has_value());
  return *out;
}

inline Result<void> run(asio::io_context& io, Store& store, std::function<Result<void>(Transaction&)> decide) {
  return run(io, store.update(std::move(decide)));
}

inline api::Network network(const std::string& id, const std::string& name) {
  api::Network out;
  out.set_id(id);
  out.mutable_spec()->mutable_annotations()->set_name(name);
  return out;
}

struct StoreTest : testing::Test {
  asio::io_context io;
  std::shared_ptr<MemoryJournal::Contents> contents = std::make_shared<MemoryJournal::Contents>();
  Store store{io.get_executor(), std::make_unique<MemoryJournal>(contents), fixed_clock};
  std::string directory = testing::TempDir() + "/skein-store-" + std::to_string(getpid());
  void SetUp() override { std::filesystem::create_directories(directory); }
  void TearDown() override { std::filesystem::remove_all(directory); }
};

// How many networks of each name there are.
class NameCounts final : public Index {
 public:
  void apply(const Change& change) override {
    if (auto old = change.old<api::Network>()) --counts[model::name_of(*old)];
    if (auto now = change.now<api::Network>()) ++counts[model::name_of(*now)];
  }
  std::map<std::string, int> counts;
};

}  // namespace skein::store
