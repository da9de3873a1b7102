// Whoever encrypts, over time: started, waited for, asked how its peers are.
#include "overlay/encryption/encryption.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/addresses_for_test.h"
#include "esp/crypto/key_for_test.h"
#include "io/loop/virtual_loop.h"

namespace skein::overlay {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

struct Kept final : Encryptor {
  struct Book {
    int starts = 0, stops = 0, asked = 0;
    bool fails = false;
    std::vector<esp::Config> configs;
    esp::Status status;
  };
  explicit Kept(Book& book) : book(book) {}
  asio::awaitable<Result<uint64_t>> start() override {
    ++book.starts;
    if (book.fails) co_return make_error(Code::kUnavailable, "no");
    co_return 7;
  }
  asio::awaitable<Result<void>> configure(esp::Config config) override {
    book.configs.push_back(std::move(config));
    co_return Result<void>();
  }
  asio::awaitable<Result<esp::Status>> status() override {
    ++book.asked;
    co_return book.status;
  }
  void stop() override { ++book.stops; }
  Book& book;
};

struct EncryptionOverTime : testing::Test {
  ~EncryptionOverTime() override { loop.drop(loop.context()); }

  void use(uint32_t first_key = 1) {
    encryption.take_keys({{{first_key, esp::key_of(1)}, {first_key + 1, esp::key_of(2)}}, 0});
    EncryptionView view{ip("192.0.2.1"), 4789, {{ip("192.0.2.2"), {false, {9}}}}, 5};
    encryption.follow(view);
    loop.run_ready();
  }
  void make_ready() {
    asio::co_spawn(
        loop.context(), [this]() -> asio::awaitable<void> { is_ready = (co_await encryption.ready()).ok(); },
        asio::detached);
    loop.run_ready();
  }

  io::VirtualLoop loop;
  Kept::Book book;
  std::optional<bool> is_ready;
  io::TaskScope tasks{loop.context().get_executor()};
  Encryption encryption{tasks, loop.context(), loop, [this](auto) { return std::make_unique<Kept>(book); }, [] {}};
};

// What it holds would be lost, and be made anew a moment later.
TEST_F(EncryptionOverTime, between_being_made_ready_and_being_used_it_is_not_stopped) {
  make_ready();
  EXPECT_EQ(is_ready, true);
  encryption.follow(std::nullopt);
  loop.run_for(5s);
  EXPECT_EQ(book.stops, 0);
  use();
  loop.run_for(60s);
  EXPECT_EQ(book.stops, 0);
  encryption.follow(std::nullopt);
  loop.run_ready();
  EXPECT_EQ(book.stops, 1);
}

TEST_F(EncryptionOverTime, who_was_made_ready_for_nothing_is_stopped_in_the_end) {
  make_ready();
  encryption.follow(std::nullopt);
  loop.run_for(20s);
  EXPECT_EQ(book.stops, 1);
}

TEST_F(EncryptionOverTime, what_fails_is_tried_again_with_pauses_that_grow) {
  book.fails = true;
  use();
  loop.run_for(5s);
  EXPECT_LT(book.starts, 10);
  const int before = book.starts;
  loop.run_for(60s);
  EXPECT_LE(book.starts, before + 7);
  EXPECT_GE(book.starts, before + 5);
  book.fails = false;
  loop.run_for(11s);
  EXPECT_EQ(book.configs.size(), 1u);
}

// A process at rest is not woken.
TEST_F(EncryptionOverTime, it_is_asked_after_a_change_and_as_long_as_a_peer_is_silent) {
  esp::PeerStatus peer;
  peer.address = ip("192.0.2.2");
  peer.out = esp::SaStatus{1, 9};
  peer.in = {{2}};
  book.status.peers = {peer};
  use();
  loop.run_for(95s);
  EXPECT_EQ(book.asked, 3);
  book.status.peers[0].in[0].packets = 1;
  loop.run_for(1h);
  EXPECT_EQ(book.asked, 4);
  use(5);
  loop.run_for(1h);
  EXPECT_EQ(book.asked, 5);
}

}  // namespace
}  // namespace skein::overlay
