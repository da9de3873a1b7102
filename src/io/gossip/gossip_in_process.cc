#include "io/gossip/gossip_in_process.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <set>
#include <utility>

#include "io/gossip/gossip_drive.h"

namespace skein::io {

namespace {

constexpr uint16_t kGossipPort = 7946;
constexpr uint16_t kStreamPort = 40'000;  // of who connects
constexpr Duration kRetransmission = std::chrono::milliseconds(200);

}  // namespace

class InProcessGossip::Drive final : public GossipDrive {
 public:
  Drive(InProcessGossip& wire, const IpAddress& own, const boost::asio::any_io_executor& executor,
        gossip::Gossip& machine, Clock& clock, GossipDriver::OnEvent on_event)
      : GossipDrive(executor, machine, clock, std::move(on_event)), address(own), wire_(wire) {}

  const IpAddress address;
  std::set<gossip::StreamId> unanswered;  // streams of ours

  // What the machine answers to the frame; empty when nothing.
  std::string answer(gossip::StreamId id, const IpAddress& from, const std::string& frame) {
    machine().on_stream_request(id, {from, kStreamPort}, frame, now());
    flush();
    return std::exchange(replies_[id], {});
  }
  void fail(gossip::StreamId id) {
    if (unanswered.erase(id) == 0) return;
    machine().on_stream_failed(id, now());
    flush();
  }

 protected:
  void send(const gossip::SendPacket& packet) override { wire_.carry(address, packet); }
  void open(gossip::OpenStream stream) override {
    wire_.open(std::static_pointer_cast<Drive>(shared_from_this()), std::move(stream));
  }
  void reply(gossip::ReplyStream reply) override { replies_[reply.id] = std::move(reply.frame); }

 private:
  InProcessGossip& wire_;
  std::map<gossip::StreamId, std::string> replies_;
};

class InProcessGossip::Driver final : public GossipDriver {
 public:
  explicit Driver(std::shared_ptr<Drive> drive) : drive_(std::move(drive)) { drive_->flush(); }
  ~Driver() override { drive_->stop_driving(); }
  void flush() override { drive_->flush(); }
  const Counts<GossipSocketCount>& counts() const override { return counts_; }

 private:
  std::shared_ptr<Drive> drive_;
  Counts<GossipSocketCount> counts_;  // there are no sockets
};

class InProcessGossip::Host final : public GossipWire {
 public:
  Host(InProcessGossip& wire, const IpAddress& address) : wire_(wire), address_(address) {}

  Result<std::unique_ptr<GossipDriver>> open(boost::asio::io_context& loop, gossip::Gossip& machine, Clock& clock,
                                             const IpAddress&, GossipDriver::OnEvent on_event) override {
    if (auto taken = wire_.drives_[address_].lock(); taken && !taken->is_stopped())
      return make_error(Code::kFailedPrecondition, "listen for gossip", "the port is taken by another process");
    auto drive = std::make_shared<Drive>(wire_, address_, loop.get_executor(), machine, clock, std::move(on_event));
    wire_.drives_[address_] = drive;
    return std::unique_ptr<GossipDriver>(std::make_unique<Driver>(std::move(drive)));
  }

 private:
  InProcessGossip& wire_;
  IpAddress address_;
};

InProcessGossip::InProcessGossip(const rpc::InProcessNetwork& network, Loop& loop, Random& random)
    : network_(network), loop_(loop), random_(random) {}
InProcessGossip::~InProcessGossip() = default;

GossipWire& InProcessGossip::host(const IpAddress& address) {
  auto& host = hosts_[address];
  if (!host) host = std::make_unique<Host>(*this, address);
  return *host;
}

bool InProcessGossip::is_cut(const IpAddress& one, const IpAddress& other) const {
  return network_.is_cut(one, other) || network_.is_cut(other, one);
}

Duration InProcessGossip::delay() {
  const auto span = static_cast<uint64_t>((weather_.delay_max - weather_.delay_min).count());
  return weather_.delay_min + Duration(static_cast<int64_t>(random_.below(span + 1)));
}

Duration InProcessGossip::stream_delay() {
  Duration total = delay() * 2;  // the handshake
  while (random_.unit() < weather_.loss) total += kRetransmission;
  return total;
}

// On the drive's context, if both are still there then.
void InProcessGossip::at(TimePoint time, std::weak_ptr<Drive> drive, std::function<void(Drive&)> act) {
  loop_.call_at(time, [drive = std::move(drive), act = std::move(act)] {
    auto alive = drive.lock();
    if (!alive) return;
    boost::asio::post(alive->executor(), [drive, act] {
      if (auto still = drive.lock(); still && !still->is_stopped()) act(*still);
    });
  });
}

// To who has the address when it arrives.
void InProcessGossip::carry(const IpAddress& from, const gossip::SendPacket& packet) {
  const int copies = random_.unit() < weather_.duplicates ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    if (random_.unit() < weather_.loss || network_.is_cut(from, packet.to.host)) continue;
    loop_.call_at(loop_.now() + delay(), [this, from, packet] {
      at(loop_.now(), drives_[packet.to.host], [from, packet](Drive& drive) {
        drive.machine().on_packet({from, kGossipPort}, packet.bytes, drive.now());
        drive.flush();
      });
    });
  }
}

// Whatever happens to the stream, the machine hears of its end in time.
void InProcessGossip::open(const std::shared_ptr<Drive>& from, gossip::OpenStream stream) {
  from->unanswered.insert(stream.id);
  const std::weak_ptr<Drive> weak = from;
  at(loop_.now() + stream.timeout, weak, [id = stream.id](Drive& drive) { drive.fail(id); });
  if (is_cut(from->address, stream.to.host)) return;
  loop_.call_at(loop_.now() + stream_delay(),
                [this, weak, address = from->address, stream = std::move(stream)] { accept(weak, address, stream); });
}

void InProcessGossip::accept(const std::weak_ptr<Drive>& from, const IpAddress& from_address,
                             const gossip::OpenStream& stream) {
  auto target = drives_[stream.to.host].lock();
  if (!target || target->is_stopped())  // refused by the kernel
    return at(loop_.now() + delay(), from, [id = stream.id](Drive& drive) { drive.fail(id); });
  if (!stream.expects_reply)
    if (auto alive = from.lock()) alive->unanswered.erase(stream.id);
  at(loop_.now(), target, [this, from, from_address, stream](Drive& drive) {
    const std::string reply = drive.answer(++last_stream_, from_address, stream.frame);
    if (!stream.expects_reply || is_cut(drive.address, from_address)) return;
    at(loop_.now() + delay(), from, [id = stream.id, reply](Drive& asker) {
      if (reply.empty()) return asker.fail(id);
      if (asker.unanswered.erase(id) == 0) return;
      asker.machine().on_stream_reply(id, reply, asker.now());
      asker.flush();
    });
  });
}

}  // namespace skein::io
