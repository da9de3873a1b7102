// Containers on two hosts, through the real worker and the real kernel: what they send arrives, in every form, and goes
// on arriving while workers die and keys change.
#include <linux/udp.h>

#include <atomic>

#include "esp/packet/frames_for_test.h"
#include "esp/packet/packet.h"
#include "esp/two_hosts_for_test.h"

namespace skein::esp {
namespace {

Peer dockers_form() { return {.form = Form::kEsp, .icv_bytes = 8, .has_esn = false, .has_offload = false}; }

// Until `make` gives a true value.
template <class Make>
void await(Make make, const char* what) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!make()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << what;
    std::this_thread::yield();
  }
}

bool send_whole(int socket, const Bytes& bytes) {
  return send_all(socket, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}).ok();
}

Bytes receive_whole(int socket, size_t size) {
  Bytes bytes(size);
  for (size_t at = 0; at < size;) {
    const ssize_t got = recv(socket, bytes.data() + at, size - at, 0);
    if (got <= 0) return Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    at += static_cast<size_t>(got);
  }
  return bytes;
}

class Forms : public TwoHosts, public testing::WithParamInterface<Peer> {};

INSTANTIATE_TEST_SUITE_P(Esp, Forms,
                         testing::Values(Peer{}, Peer{.has_offload = false}, dockers_form(), Peer{.form = Form::kEsp}),
                         [](const auto& info) {
                           const Peer& peer = info.param;
                           return std::string(form_name(peer.form)) + "_icv" + std::to_string(peer.icv_bytes) +
                                  (peer.has_offload ? "_offload" : "");
                         });

TEST_P(Forms, containers_reach_each_other) {
  start_both(GetParam());
  expect_ping("ca", "10.0.0.2");
  expect_ping("cb", "10.0.0.1");
}

TEST_P(Forms, a_megabyte_arrives_whole_both_ways) {
  start_both(GetParam());
  SeededRandom random(1);
  const Bytes there = random_bytes(random, 1 << 20), back = random_bytes(random, 1 << 20);
  const Descriptor listener = socket_in("cb", SOCK_STREAM, "10.0.0.2", 80);
  ASSERT_EQ(listen(listener.get(), 1), 0);
  const Descriptor client = socket_in("ca", SOCK_STREAM, "10.0.0.1", 0);
  const sockaddr_in target = socket_address("10.0.0.2", 80);
  ASSERT_EQ(connect(client.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target), 0) << strerror(errno);
  const Descriptor server(accept(listener.get(), nullptr, nullptr));
  std::thread sender([&] { EXPECT_TRUE(send_whole(client.get(), there)); });
  const bool is_whole = receive_whole(server.get(), there.size()) == there;
  sender.join();
  EXPECT_TRUE(is_whole);
  std::thread answerer([&] { EXPECT_TRUE(send_whole(server.get(), back)); });
  const bool is_whole_back = receive_whole(client.get(), back.size()) == back;
  answerer.join();
  EXPECT_TRUE(is_whole_back);
}

// One datagram in IP fragments, and a train of datagrams that the kernel would cut.
TEST_P(Forms, large_datagrams_arrive_whole) {
  start_both(GetParam());
  SeededRandom random(2);
  const Descriptor server = socket_in("cb", SOCK_DGRAM, "10.0.0.2", 80);
  const Descriptor client = socket_in("ca", SOCK_DGRAM, "10.0.0.1", 0);
  const sockaddr_in target = socket_address("10.0.0.2", 80);
  ASSERT_EQ(connect(client.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target), 0);
  const Bytes large = random_bytes(random, 60000);
  ASSERT_EQ(send(client.get(), large.data(), large.size(), 0), 60000) << strerror(errno);
  Bytes got(65536);
  ASSERT_EQ(recv(server.get(), got.data(), got.size(), 0), 60000) << strerror(errno);
  EXPECT_TRUE(std::equal(large.begin(), large.end(), got.begin()));

  const int segment = 1000;
  ASSERT_EQ(setsockopt(client.get(), IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment), 0);
  ASSERT_EQ(send(client.get(), large.data(), 20500, 0), 20500) << strerror(errno);
  for (ssize_t at = 0; at < 20500; at += segment) {
    const ssize_t wanted = std::min<ssize_t>(segment, 20500 - at);
    ASSERT_EQ(recv(server.get(), got.data(), got.size(), 0), wanted) << at;
    EXPECT_TRUE(std::equal(got.begin(), got.begin() + wanted, large.begin() + at));
  }
}

// Sees every packet that comes to host b from the underlay, as Ethernet frames.
class Capture {
 public:
  Capture() : socket_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_IP))) {
    sockaddr_ll own{};
    own.sll_family = AF_PACKET;
    own.sll_protocol = htons(ETH_P_IP);
    own.sll_ifindex = static_cast<int>(if_nametoindex("u0"));
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<sockaddr*>(&own), sizeof own), 0);
  }
  // The next ESP packet in UDP that came in.
  Bytes next() {
    for (;;) {
      pollfd waiting{.fd = socket_.get(), .events = POLLIN};
      if (poll(&waiting, 1, 20000) != 1) return {};
      Bytes frame(65536);
      sockaddr_ll from{};
      socklen_t size = sizeof from;
      const ssize_t got =
          recvfrom(socket_.get(), frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 58 || from.sll_pkttype == PACKET_OUTGOING || frame[23] != 17) continue;
      frame.resize(static_cast<size_t>(got));
      return frame;
    }
  }

 private:
  Descriptor socket_;
};

uint32_t sequence_of(const Bytes& frame) { return load32(&frame[14 + 20 + 8 + 4]); }

TEST_F(TwoHosts, a_killed_worker_goes_on_where_it_stopped) {
  start_both(Peer{});
  Capture capture = in_space("hb", [] { return Capture(); });
  expect_ping("ca", "10.0.0.2");
  const Bytes recorded = capture.next();
  ASSERT_FALSE(recorded.empty());
  uint32_t last = sequence_of(recorded);
  const uint64_t epoch = a_->status().epoch;

  a_->kill_hard(), b_->kill_hard();
  start_both(Peer{});
  EXPECT_EQ(a_->status().epoch, epoch);
  while (last < a_->status().peers[0].out->packets) last = std::max(last, sequence_of(capture.next()));
  expect_ping("ca", "10.0.0.2");
  // Packets of before the kill may still wait in the capture; each number comes once, and upwards.
  for (uint64_t i = 0; i < a_->status().peers[0].out->packets; ++i) {
    const uint32_t sequence = sequence_of(capture.next());
    EXPECT_GT(sequence, last);
    last = sequence;
  }

  const Descriptor sender = socket_in("ha", SOCK_DGRAM, "10.99.0.1", 0);
  const sockaddr_in target = socket_address("10.99.0.2", 4500);
  const auto* esp = recorded.data() + 14 + 20 + 8;
  const size_t size = recorded.size() - (14 + 20 + 8);
  ASSERT_EQ(sendto(sender.get(), esp, size, 0, reinterpret_cast<const sockaddr*>(&target), sizeof target),
            static_cast<ssize_t>(size));
  await([&] { return b_->status().drops["replayed"] == 1; }, "a replayed packet is refused after a restart");
  EXPECT_EQ(b_->status().peers[0].in[0].replayed, 1u);
  expect_ping("ca", "10.0.0.2");
}

// Make before break: the receivers know a key before anybody sends with it, and forget it when nobody does any more.
TEST_F(TwoHosts, keys_change_under_traffic_and_nothing_is_lost) {
  start_both(Peer{});
  const Descriptor server = socket_in("cb", SOCK_DGRAM, "10.0.0.2", 80);
  const Descriptor client = socket_in("ca", SOCK_DGRAM, "10.0.0.1", 0);
  const sockaddr_in target = socket_address("10.0.0.2", 80);
  ASSERT_EQ(connect(client.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target), 0);
  std::atomic<bool> is_over{false};
  std::atomic<uint32_t> answered{0};
  std::thread echo([&] {
    for (;;) {
      uint32_t number = 0;
      sockaddr_in from{};
      socklen_t size = sizeof from;
      if (recvfrom(server.get(), &number, sizeof number, 0, reinterpret_cast<sockaddr*>(&from), &size) != sizeof number)
        return;
      sendto(server.get(), &number, sizeof number, 0, reinterpret_cast<sockaddr*>(&from), size);
      if (number == UINT32_MAX) return;
    }
  });
  std::thread asker([&] {
    for (uint32_t number = 1;; ++number) {
      const uint32_t sent = is_over ? UINT32_MAX : number;
      uint32_t got = 0;
      if (send(client.get(), &sent, sizeof sent, 0) != sizeof sent ||
          recv(client.get(), &got, sizeof got, 0) != sizeof got || got != sent)
        return;
      ++answered;
      if (sent == UINT32_MAX) return;
    }
  });
  for (uint8_t first = 1; first <= 10; ++first) {
    const uint32_t before = answered;
    const std::vector<uint8_t> keys = {first, static_cast<uint8_t>(first + 1), static_cast<uint8_t>(first + 2)};
    for (size_t out : {0, 1}) {
      b_->apply(config_of(2, Peer{}, keys, out));
      a_->apply(config_of(1, Peer{}, keys, out));
    }
    await([&] { return answered > before; }, "an answer between two changes");
  }
  is_over = true;
  asker.join();
  // The server's last answer may have been lost with the client's patience: then nobody ends it.
  const uint32_t end = UINT32_MAX;
  send(client.get(), &end, sizeof end, 0);
  echo.join();
  EXPECT_GT(answered, 10u);
  const Status a = a_->status(), b = b_->status();
  EXPECT_EQ(a.drops, (std::map<std::string, uint64_t>{}));
  EXPECT_EQ(b.drops, (std::map<std::string, uint64_t>{}));
}

// The test is host a; what it makes of packets is its own choice.
class OneHost : public TwoHosts {
 protected:
  // Without extended numbers: with them, a number left of the window stands for one 2^32 further on.
  inline static const Peer kForm{.has_esn = false};

  void SetUp() override {
    TwoHosts::SetUp();
    start_b();
    b_->apply(config_of(2, kForm, {1}, 0));
    sender_ = socket_in("ha", SOCK_DGRAM, "10.99.0.1", 0);
    server_ = socket_in("cb", SOCK_DGRAM, "10.0.0.2", 80);
  }

  Bytes seal(const std::string& word, Vni vni = Vni{4097}) {
    FrameSpec spec{.is_udp = true, .payload = Bytes(word.begin(), word.end())};
    const Bytes frame = make_frame(spec, false);
    Bytes packet(sealed_bytes(frame.size(), 16));
    std::copy(frame.begin(), frame.end(), packet.begin() + kFrameOffset);
    seal_packet(sa_, 0, packet, frame.size(), {50000, 4789, vni}, sa_.take_numbers(1).value());
    return packet;
  }
  void send(const Bytes& packet) {
    const sockaddr_in target = socket_address("10.99.0.2", 4500);
    ASSERT_EQ(sendto(sender_.get(), packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&target),
                     sizeof target),
              static_cast<ssize_t>(packet.size()));
  }
  std::string receive() {
    char bytes[2048];
    const ssize_t got = recv(server_.get(), bytes, sizeof bytes, 0);
    return got < 0 ? strerror(errno) : std::string(bytes, static_cast<size_t>(got));
  }

  std::unique_ptr<Aead> aead_ = make_openssl_aead();
  OutboundSa sa_{{0x1001, key_of(1)},
                 {kForm.icv_bytes, kForm.has_esn},
                 aead_->make_key(key_of(1), Direction::kSeal, 1),
                 std::make_shared<std::atomic<uint64_t>>(0),
                 0x0123456789abcdef};
  Descriptor sender_, server_;
};

TEST_F(OneHost, what_is_not_genuine_is_counted_by_its_reason_and_disturbs_nothing) {
  const Bytes good = seal("good");
  Bytes flipped = seal("flipped");
  flipped[40] ^= 1;
  Bytes cut = seal("cut");
  cut.resize(40);
  Bytes in_clear(100, 0);
  in_clear[0] = 0x08;  // VXLAN's own header
  const Bytes wrong_network = seal("other", Vni{4098});
  Bytes early = seal("early"), late = seal("late");

  send(good);
  send(in_clear);
  send(flipped);
  send(cut);
  send(good);
  send(wrong_network);
  send({0xff});
  send(Bytes(60, 0));
  send(late);
  send(early);
  send(early);
  EXPECT_EQ(receive(), "good");
  EXPECT_EQ(receive(), "late");
  EXPECT_EQ(receive(), "early");
  send(seal("last"));
  EXPECT_EQ(receive(), "last");
  const std::map<std::string, uint64_t> wanted = {
      {"bad_icv", 1}, {"not_esp", 2}, {"replayed", 2}, {"truncated", 1}, {"unknown_spi", 1}};
  EXPECT_EQ(b_->status().drops, wanted);
}

TEST_F(OneHost, a_number_left_of_the_window_is_refused) {
  const Bytes old = seal("old");
  ASSERT_TRUE(sa_.take_numbers(WindowState::kNumbers));
  send(seal("new"));
  EXPECT_EQ(receive(), "new");
  send(old);
  send(seal("last"));
  EXPECT_EQ(receive(), "last");
  EXPECT_EQ(b_->status().drops, (std::map<std::string, uint64_t>{{"too_old", 1}}));
}

// Docker Engines know no windows: their daemons begin again at 1, with the same key.
TEST_F(OneHost, without_a_window_numbers_may_come_again) {
  Peer form = kForm;
  form.has_window = false;
  b_->apply(config_of(2, form, {1}, 0));
  const Bytes packet = seal("word");
  for (int i = 0; i < 2; ++i) {
    send(packet);
    EXPECT_EQ(receive(), "word");
  }
}

// ICMP errors of a peer that is not there yet come back to the sender's sockets.
TEST_F(TwoHosts, a_peer_that_comes_later_is_reached) {
  for (const Peer& form : {Peer{}, dockers_form()}) {
    start_a();
    a_->apply(config_of(1, form, {1}, 0));
    sh("ip -n ca neigh replace 10.0.0.2 lladdr 02:42:0a:00:00:02 dev c0");
    sh("ip netns exec ca ping -c 3 -i 0.05 -w 1 10.0.0.2", true);
    start_b();
    b_->apply(config_of(2, form, {1}, 0));
    expect_ping("ca", "10.0.0.2");
    a_.reset(), b_.reset();
  }
}

// Whoever looks for lost packets must find them: a train that the kernel refuses as a whole counts with all its
// packets.
TEST_F(TwoHosts, what_the_path_does_not_take_is_counted) {
  start_both(Peer{});
  sh("ip -n ca neigh replace 10.0.0.2 lladdr 02:42:0a:00:00:02 dev c0");
  sh("ip -n ha link set u0 mtu 1200");
  const Descriptor client = socket_in("ca", SOCK_DGRAM, "10.0.0.1", 0);
  const sockaddr_in target = socket_address("10.0.0.2", 80);
  ASSERT_EQ(connect(client.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target), 0);
  const int segment = 1300;
  ASSERT_EQ(setsockopt(client.get(), IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment), 0);
  const Bytes train(10 * 1300);
  ASSERT_EQ(send(client.get(), train.data(), train.size(), 0), 13000) << strerror(errno);
  await([&] { return a_->status().drops["path_mtu"] == 10; }, "ten packets are counted");
}

TEST_F(TwoHosts, a_refused_config_changes_nothing) {
  start_both(Peer{});
  Config wrong = config_of(1, Peer{}, {2}, 0);
  wrong.tap = "nothing";
  auto refused = a_->client().apply(wrong);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().text().find("no device nothing"), std::string::npos) << refused.error().text();
  expect_ping("ca", "10.0.0.2");
}

TEST_F(TwoHosts, a_device_made_again_is_opened_again_with_the_next_config) {
  start_both(Peer{});
  sh("ip -n ha link del esp0");  // and with it the container's
  make_ways("a", 1);
  a_->apply(config_of(1, Peer{}, {1}, 0));
  expect_ping("ca", "10.0.0.2");
}

// The address stays bound for the sockets of before while the new ones open.
TEST_F(TwoHosts, another_port_is_taken_by_the_next_config) {
  start_both(Peer{});
  for (int number : {1, 2}) {
    Config config = config_of(number, Peer{}, {1}, 0);
    config.udp_port = 4501;
    (number == 1 ? a_ : b_)->apply(config);
  }
  expect_ping("ca", "10.0.0.2");
}

}  // namespace
}  // namespace skein::esp
