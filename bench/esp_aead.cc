// What sealing and opening cost per packet, with each library: run by hand, one line per library and size.
#include <chrono>
#include <cstdio>
#include <vector>

#include "esp/packet/packet.h"

using namespace skein;
using namespace skein::esp;

namespace {

constexpr int kRounds = 200000;

double nanoseconds_per_round(auto round) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) round();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / kRounds;
}

void measure(Aead& aead, size_t frame_bytes) {
  auto window = std::make_shared<WindowState>();
  OutboundSa out({300, Key()}, {}, aead.make_key(Key(), Direction::kSeal, 1),
                 std::make_shared<std::atomic<uint64_t>>(0), 1);
  InboundSa in({300, Key()}, {}, aead.make_key(Key(), Direction::kOpen, 1), window);
  std::vector<uint8_t> packet(sealed_bytes(frame_bytes, 16));
  auto seal = [&] { seal_packet(out, 0, packet, frame_bytes, {50000, 4789, Vni{1}}, out.take_numbers(1).value()); };
  const double sealing = nanoseconds_per_round(seal);
  const double both = nanoseconds_per_round([&] {
    seal();
    SKEIN_ASSERT(open_packet(in, 0, packet, 4789).drop == Drop::kNone);
  });
  std::printf("%-16s %5zu bytes: seal %4.0f ns, open %4.0f ns\n", aead.name().c_str(), frame_bytes, sealing,
              both - sealing);
}

}  // namespace

int main() {
  auto best = make_best_aead(), openssl = make_openssl_aead();
  for (size_t bytes : {64, 1400, 8900}) measure(*best, bytes), measure(*openssl, bytes);
}
