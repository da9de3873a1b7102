#include "io/gossip/gossip_transport.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <map>
#include <utility>

#include "base/log.h"
#include "base/time/fault_pause.h"
#include "io/gossip/gossip_drive.h"
#include "io/loop/timer.h"
#include "wire/memberlist/keyring.h"

namespace skein::io {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;
using gossip::PeerAddress;
using wire::memberlist::KeyRing;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr size_t kFrameReadBytes = 64 * 1024;  // a frame's memory grows with what has arrived, not with its claim
constexpr size_t kPacketBytesMax = 64 * 1024;  // of a UDP datagram
constexpr int kReceiveBufferBytes = 2 * 1024 * 1024;  // bursts of table events; the kernel may grant less

asio::ip::address asio_address(const IpAddress& address) {
  if (address.is_v6) return asio::ip::address_v6(address.v6.octets);
  return asio::ip::address_v4(address.v4.value);
}

IpAddress ip_address(const asio::ip::address& address) {
  if (address.is_v4()) return IpAddress::from(Ipv4{address.to_v4().to_uint()});
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) {
    return IpAddress::from(Ipv4{asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_uint()});
  }
  return IpAddress::from(Ipv6{v6.to_bytes()});
}

// A peer as a socket of the given family addresses it.
template <class Endpoint>
Endpoint endpoint_of(const PeerAddress& peer, bool is_socket_v6) {
  auto address = asio_address(peer.host);
  if (is_socket_v6 && address.is_v4()) address = asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4());
  return Endpoint(address, peer.port);
}

template <class Endpoint>
PeerAddress peer_of(const Endpoint& endpoint) {
  return {ip_address(endpoint.address()), endpoint.port()};
}

Error listen_error(const char* protocol, const GossipTransportConfig& config, const error_code& failure) {
  const std::string where = HostPort{config.listen.text(), config.port}.text();
  const std::string what = std::string("listen for gossip on ") + protocol + " " + where;
  if (failure == asio::error::address_in_use) {
    return make_error(
        Code::kFailedPrecondition, what, "the port is taken by another process",
        "stop the other swarm engine on this host; `ss -lntup | grep " + std::to_string(config.port) + "` names it");
  }
  if (failure == boost::system::errc::address_not_available) {
    return make_error(Code::kInvalidArgument, what, "the host does not have this address",
                      "choose one of the host's addresses as listen address");
  }
  return make_error(Code::kUnavailable, what, failure.message());
}

// One TCP connection and its time limit.
struct Stream {
  Stream(tcp::socket connected, Duration limit) : socket(std::move(connected)), deadline(socket.get_executor()) {
    deadline.expires_after(limit);
  }
  // Ends whatever the stream waits for, when its time is up.
  static void start_deadline(const std::shared_ptr<Stream>& stream) {
    stream->deadline.async_wait([weak = std::weak_ptr(stream)](const error_code& failure) {
      if (auto alive = weak.lock(); alive && !failure) alive->close();
    });
  }
  void close() {
    error_code ignored;
    socket.close(ignored);
    deadline.cancel();
  }

  tcp::socket socket;
  Timer deadline;
  std::string reply;  // to an accepted stream
};

}  // namespace

struct GossipTransport::State final : GossipDrive {
  State(asio::io_context& io, gossip::Gossip& machine, Clock& clock, GossipTransportConfig settings,
        GossipDriver::OnEvent on_event)
      : GossipDrive(io.get_executor(), machine, clock, std::move(on_event)), loop(io), config(settings) {}

  Result<void> bind();
  void start();
  void stop();
  void send(const gossip::SendPacket& packet) override;
  void open(gossip::OpenStream stream) override;
  void reply(gossip::ReplyStream reply) override;

  std::shared_ptr<State> self() { return std::static_pointer_cast<State>(shared_from_this()); }
  void wait_for_packets();
  bool receive_packets();
  asio::awaitable<void> accept_streams(std::shared_ptr<State> self);
  asio::awaitable<void> serve(std::shared_ptr<State> self, gossip::StreamId id, std::shared_ptr<Stream> stream,
                              PeerAddress from);
  asio::awaitable<void> request(std::shared_ptr<State> self, gossip::OpenStream output);
  asio::awaitable<bool> exchange(Stream& stream, const gossip::OpenStream& output, std::string& reply);
  asio::awaitable<bool> read_frame(Stream& stream, std::string& frame);

  asio::io_context& loop;
  GossipTransportConfig config;
  Counts<GossipSocketCount> counts;

  udp::socket packets{loop};
  tcp::acceptor acceptor{loop};
  Timer receive_pause{loop};
  FaultPause receive_faults{"gossip-receive-failed"};
  FaultPause accept_faults{"gossip-accept-failed"};
  std::array<char, kPacketBytesMax> packet{};

  gossip::StreamId next_incoming = 1;
  std::map<gossip::StreamId, std::shared_ptr<Stream>> incoming;
  std::map<gossip::StreamId, std::shared_ptr<Stream>> outgoing;
  size_t frame_bytes_held = 0;
};

Result<void> GossipTransport::State::bind() {
  const auto address = asio_address(config.listen);
  const bool is_v6 = address.is_v6();
  error_code failure, ignored;

  packets.open(is_v6 ? udp::v6() : udp::v4(), failure);
  if (!failure && is_v6) packets.set_option(asio::ip::v6_only(false), failure);
  if (!failure) packets.set_option(asio::socket_base::receive_buffer_size(kReceiveBufferBytes), ignored);
  if (!failure) packets.non_blocking(true, failure);
  if (!failure) packets.bind(udp::endpoint(address, config.port), failure);
  if (failure) return listen_error("UDP", config, failure);

  acceptor.open(is_v6 ? tcp::v6() : tcp::v4(), failure);
  if (!failure && is_v6) acceptor.set_option(asio::ip::v6_only(false), failure);
  // Connections of a former run may linger; a listener that is alive still refuses us.
  if (!failure) acceptor.set_option(asio::socket_base::reuse_address(true), failure);
  if (!failure) acceptor.bind(tcp::endpoint(address, config.port), failure);
  if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (failure) return listen_error("TCP", config, failure);
  return {};
}

void GossipTransport::State::start() {
  wait_for_packets();
  asio::co_spawn(loop, accept_streams(self()), asio::detached);
  flush();
}

void GossipTransport::State::stop() {
  stop_driving();
  error_code ignored;
  packets.close(ignored);
  acceptor.close(ignored);
  receive_pause.cancel();
  for (auto& [id, stream] : incoming) stream->close();
  for (auto& [id, stream] : outgoing) stream->close();
}

void GossipTransport::State::send(const gossip::SendPacket& to_send) {
  error_code failure;
  // Else the kernel asks for each neighbour's address every half a minute, and tells everybody who listens.
  const int flags = to_send.is_way_proven ? MSG_CONFIRM : 0;
  packets.send_to(asio::buffer(to_send.bytes), endpoint_of<udp::endpoint>(to_send.to, config.listen.is_v6), flags,
                  failure);
  counts.add(failure ? GossipSocketCount::kPacketsUnsent : GossipSocketCount::kPacketsSent);
}

void GossipTransport::State::open(gossip::OpenStream stream) {
  asio::co_spawn(loop, request(self(), std::move(stream)), asio::detached);
}

void GossipTransport::State::reply(gossip::ReplyStream reply) {
  if (auto found = incoming.find(reply.id); found != incoming.end()) found->second->reply = std::move(reply.frame);
}

void GossipTransport::State::wait_for_packets() {
  packets.async_wait(udp::socket::wait_read, [self = self()](const error_code& failure) {
    if (self->is_stopped() || failure == asio::error::operation_aborted) return;
    if (!failure && self->receive_packets()) return self->wait_for_packets();
    self->receive_pause.expires_after(FaultPause::kPause);
    self->receive_pause.async_wait([self](const error_code& cancelled) {
      if (!cancelled && !self->is_stopped()) self->wait_for_packets();
    });
  });
}

// False if nothing but errors came.
bool GossipTransport::State::receive_packets() {
  size_t errors = 0;
  for (size_t i = 0; i < kPacketsPerTurn && !is_stopped(); ++i) {
    udp::endpoint from;
    error_code failure;
    const size_t size = packets.receive_from(asio::buffer(packet), from, 0, failure);
    if (failure == asio::error::would_block) return true;
    if (failure) {  // an earlier packet's fate, reported here
      if (++errors == kPacketsPerTurn) receive_faults.note(failure.message(), now());
      continue;
    }
    counts.add(GossipSocketCount::kPacketsReceived);
    machine().on_packet(peer_of(from), {packet.data(), size}, now());
    flush();
  }
  return errors < kPacketsPerTurn;
}

asio::awaitable<void> GossipTransport::State::accept_streams(std::shared_ptr<State> self) {
  Timer pause(loop);
  while (!is_stopped()) {
    tcp::endpoint from;
    auto [failure, socket] = co_await acceptor.async_accept(from, kAwait);
    if (is_stopped()) co_return;
    if (failure) {
      accept_faults.note(failure.message(), now());
      pause.expires_after(FaultPause::kPause);
      co_await pause.async_wait(kAwait);
      continue;
    }
    if (incoming.size() >= kIncomingStreamsMax) {
      counts.add(GossipSocketCount::kStreamsRefused);
      continue;  // closes it
    }
    counts.add(GossipSocketCount::kStreamsAccepted);
    const gossip::StreamId id = next_incoming++;
    auto stream = std::make_shared<Stream>(std::move(socket), config.stream_timeout);
    incoming.emplace(id, stream);
    asio::co_spawn(loop, serve(self, id, std::move(stream), peer_of(from)), asio::detached);
  }
}

// Reads one frame, lets the machine answer, and closes.
asio::awaitable<void> GossipTransport::State::serve(std::shared_ptr<State> /*kept alive*/, gossip::StreamId id,
                                                    std::shared_ptr<Stream> stream, PeerAddress from) {
  Stream::start_deadline(stream);
  std::string frame;
  const bool is_whole = co_await read_frame(*stream, frame);
  frame_bytes_held -= frame.size();
  if (is_whole && !is_stopped()) {
    machine().on_stream_request(id, from, frame, now());
    flush();
    if (!stream->reply.empty()) co_await asio::async_write(stream->socket, asio::buffer(stream->reply), kAwait);
  } else {
    counts.add(GossipSocketCount::kStreamsBroken);
  }
  stream->close();
  incoming.erase(id);
}

asio::awaitable<void> GossipTransport::State::request(std::shared_ptr<State> /*kept alive*/,
                                                      gossip::OpenStream output) {
  if (is_stopped()) co_return;
  counts.add(GossipSocketCount::kStreamsOpened);
  std::string reply;
  bool is_done = false;
  if (outgoing.size() < kOutgoingStreamsMax) {
    auto stream = std::make_shared<Stream>(tcp::socket(loop), config.stream_timeout);
    outgoing.emplace(output.id, stream);
    Stream::start_deadline(stream);
    is_done = co_await exchange(*stream, output, reply);
    frame_bytes_held -= reply.size();
    stream->close();
    outgoing.erase(output.id);
  }
  if (is_stopped()) co_return;
  if (!is_done) {
    counts.add(GossipSocketCount::kStreamsFailed);
    machine().on_stream_failed(output.id, now());
  } else if (output.expects_reply) {
    machine().on_stream_reply(output.id, reply, now());
  }
  flush();
}

asio::awaitable<bool> GossipTransport::State::exchange(Stream& stream, const gossip::OpenStream& output,
                                                       std::string& reply) {
  auto [unconnected] = co_await stream.socket.async_connect(endpoint_of<tcp::endpoint>(output.to, false), kAwait);
  if (unconnected) co_return false;
  auto [unwritten, size] = co_await asio::async_write(stream.socket, asio::buffer(output.frame), kAwait);
  if (unwritten) co_return false;
  if (!output.expects_reply) co_return true;
  co_return co_await read_frame(stream, reply);
}

// A stream that does not start as an encrypted frame ends after its header, which the machine may answer.
asio::awaitable<bool> GossipTransport::State::read_frame(Stream& stream, std::string& frame) {
  size_t wanted = KeyRing::kFrameHeader;
  while (frame.size() < wanted) {
    const size_t chunk = std::min(wanted - frame.size(), kFrameReadBytes), before = frame.size();
    if (frame_bytes_held + chunk > kIncomingBytesMax) {
      counts.add(GossipSocketCount::kStreamsRefused);
      co_return false;
    }
    frame_bytes_held += chunk;
    frame.resize(before + chunk);
    auto [failure, size] = co_await asio::async_read(stream.socket, asio::buffer(frame.data() + before, chunk), kAwait);
    if (failure) co_return false;
    if (before == 0) {
      if (auto body = KeyRing::parse_frame_header(frame); body.ok()) wanted += *body;
    }
  }
  co_return true;
}

Result<std::unique_ptr<GossipTransport>> GossipTransport::open(asio::io_context& loop, gossip::Gossip& machine,
                                                               Clock& clock, GossipTransportConfig config,
                                                               GossipDriver::OnEvent on_event) {
  auto state = std::make_shared<State>(loop, machine, clock, config, std::move(on_event));
  SKEIN_TRY(state->bind());
  state->start();
  return std::unique_ptr<GossipTransport>(new GossipTransport(std::move(state)));
}

GossipTransport::~GossipTransport() { state_->stop(); }

void GossipTransport::flush() { state_->flush(); }

const Counts<GossipSocketCount>& GossipTransport::counts() const { return state_->counts; }

namespace {

class SocketGossip final : public GossipWire {
 public:
  Result<std::unique_ptr<GossipDriver>> open(asio::io_context& loop, gossip::Gossip& machine, Clock& clock,
                                             const IpAddress& listen, GossipDriver::OnEvent on_event) override {
    GossipTransportConfig config;
    config.listen = listen;
    SKEIN_TRY_ASSIGN(auto opened, GossipTransport::open(loop, machine, clock, config, std::move(on_event)));
    return std::unique_ptr<GossipDriver>(std::move(opened));
  }
};

}  // namespace

GossipWire& socket_gossip() {
  static SocketGossip wire;
  return wire;
}

}  // namespace skein::io
