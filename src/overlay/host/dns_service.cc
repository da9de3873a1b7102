#include "overlay/host/dns_service.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <map>
#include <optional>

#include "base/address.h"
#include "base/log.h"
#include "base/time/clock.h"
#include "base/time/fault_pause.h"
#include "engine/values/networking_record.h"
#include "io/loop/timer.h"
#include "kernel/net/links/namespace.h"
#include "names/answer.h"
#include "overlay/host/container_files.h"

namespace skein::overlay {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using names::Transport;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

namespace {

const auto kAddress = asio::ip::make_address_v4("127.0.0.11");
constexpr uint16_t kPort = 53;
constexpr auto kUpstreamPatience = 3s;  // per server
constexpr auto kTcpPatience = 10s;      // for a whole connection of a container
constexpr size_t kUpstreamsMax = 3;     // as resolv.conf has it
constexpr size_t kInProgressMax = 256;  // per container: forwarded questions and TCP connections
constexpr size_t kErrorsInARow = 16;

}  // namespace

struct DnsService::State : std::enable_shared_from_this<State> {
  // One container's resolver. Coroutines hold it, so that it may be dropped from the map at any time.
  struct Resolver {
    Resolver(asio::io_context& loop, DnsClient c) : client(std::move(c)), packets(loop), acceptor(loop) {}
    DnsClient client;
    udp::socket packets;
    tcp::acceptor acceptor;
    size_t in_progress = 0;
    bool is_stopped = false;
  };
  using Ref = std::shared_ptr<Resolver>;

  State(asio::io_context& l, Random& r, ZonesOf z, std::string path)
      : loop(l), random(r), zones_of(std::move(z)), host_resolv_conf(std::move(path)) {}

  asio::io_context& loop;
  Random& random;
  ZonesOf zones_of;
  std::string host_resolv_conf;
  std::map<std::string, Ref> resolvers;
  FaultPause faults{"dns-socket-failed"};  // of all, since what fails for one fails for most

  asio::awaitable<void> pause_after(boost::system::error_code failed);
  asio::awaitable<void> serve_packets(Ref resolver);
  asio::awaitable<void> answer_packet(Ref resolver, std::string query, udp::endpoint from);
  asio::awaitable<void> accept(Ref resolver);
  asio::awaitable<void> serve_stream(Ref resolver, tcp::socket socket);
  asio::awaitable<std::optional<std::string>> resolve(Ref resolver, std::string query, Transport transport);
  asio::awaitable<std::optional<std::string>> ask(Ref resolver, std::string query, std::string server,
                                                  Transport transport);
};

DnsService::DnsService(asio::io_context& loop, Random& random, ZonesOf zones_of, std::string host_resolv_conf)
    : state_(std::make_shared<State>(loop, random, std::move(zones_of), std::move(host_resolv_conf))) {}

DnsService::~DnsService() {
  while (!state_->resolvers.empty()) stop(state_->resolvers.begin()->first);
}

Result<void> DnsService::serve(const DnsClient& client) {
  if (auto known = state_->resolvers.find(client.container_id);
      known != state_->resolvers.end() && known->second->client.netns_path == client.netns_path) {
    known->second->client = client;
    return {};
  }
  stop(client.container_id);
  auto resolver = std::make_shared<State::Resolver>(state_->loop, client);
  boost::system::error_code failed;
  auto opened = kernel::net::run_in_namespace(client.netns_path, [&]() -> Result<void> {
    resolver->packets.open(udp::v4(), failed);
    if (!failed) resolver->packets.bind({kAddress, kPort}, failed);
    if (!failed) resolver->acceptor.open(tcp::v4(), failed);
    if (!failed) resolver->acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) resolver->acceptor.bind({kAddress, kPort}, failed);
    if (!failed) resolver->acceptor.listen(64, failed);
    if (failed)
      return make_error(Code::kUnavailable, "cannot serve names at 127.0.0.11:53 of the container", failed.message());
    return {};
  });
  SKEIN_TRY(opened);
  state_->resolvers[client.container_id] = resolver;
  asio::co_spawn(state_->loop, state_->serve_packets(resolver), asio::detached);
  asio::co_spawn(state_->loop, state_->accept(resolver), asio::detached);
  return {};
}

void DnsService::stop(const std::string& container_id) {
  auto found = state_->resolvers.find(container_id);
  if (found == state_->resolvers.end()) return;
  boost::system::error_code ignored;
  found->second->is_stopped = true;
  found->second->packets.close(ignored);
  found->second->acceptor.close(ignored);
  state_->resolvers.erase(found);
}

asio::awaitable<void> DnsService::State::pause_after(boost::system::error_code failed) {
  io::Timer pause(loop, FaultPause::kPause);
  faults.note(failed.message(), pause.now());
  co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> DnsService::State::serve_packets(Ref resolver) {
  auto self = shared_from_this();
  std::string buffer(names::kUdpBytesMax, '\0');
  size_t errors_in_a_row = 0;
  while (!resolver->is_stopped) {
    udp::endpoint from;
    auto [failed, size] =
        co_await resolver->packets.async_receive_from(asio::buffer(buffer), from, asio::as_tuple(asio::use_awaitable));
    if (failed == asio::error::operation_aborted || failed == asio::error::bad_descriptor) co_return;
    // An ICMP error of an earlier answer goes with being told; what keeps coming is something else.
    errors_in_a_row = failed ? errors_in_a_row + 1 : 0;
    if (errors_in_a_row >= kErrorsInARow) co_await pause_after(failed);
    if (failed) continue;
    std::string query = buffer.substr(0, size);
    auto reply = names::answer(query, zones_of(resolver->client.container_id), Transport::kUdp, random);
    if (reply.packet) {
      co_await resolver->packets.async_send_to(asio::buffer(*reply.packet), from, asio::as_tuple(asio::use_awaitable));
    } else if (reply.is_for_upstream) {
      if (resolver->in_progress >= kInProgressMax) {
        if (auto refusal = names::failure(query, names::Failure::kRefused))
          co_await resolver->packets.async_send_to(asio::buffer(*refusal), from, asio::as_tuple(asio::use_awaitable));
        continue;
      }
      asio::co_spawn(loop, answer_packet(resolver, std::move(query), from), asio::detached);
    }
  }
}

asio::awaitable<void> DnsService::State::answer_packet(Ref resolver, std::string query, udp::endpoint from) {
  auto self = shared_from_this();
  ++resolver->in_progress;
  auto reply = co_await resolve(resolver, std::move(query), Transport::kUdp);
  --resolver->in_progress;
  if (reply && !resolver->is_stopped)
    co_await resolver->packets.async_send_to(asio::buffer(*reply), from, asio::as_tuple(asio::use_awaitable));
}

// What the upstream servers say, or a negative answer: never silence.
asio::awaitable<std::optional<std::string>> DnsService::State::resolve(Ref resolver, std::string query,
                                                                       Transport transport) {
  auto reply = names::answer(query, zones_of(resolver->client.container_id), transport, random);
  if (reply.packet || !reply.is_for_upstream) co_return reply.packet;
  auto servers = resolver->client.upstreams;
  // Read each time: the host may have moved to another network.
  if (servers.empty()) servers = engine::name_servers(read_resolv_conf(host_resolv_conf));
  if (servers.empty()) co_return names::failure(query, names::Failure::kNameError);
  servers.resize(std::min(servers.size(), kUpstreamsMax));
  for (const auto& server : servers) {
    auto answer = co_await ask(resolver, query, server, transport);
    if (resolver->is_stopped) co_return std::nullopt;
    if (answer) co_return names::fit_forwarded(query, std::move(*answer), transport);
  }
  co_return names::failure(query, names::Failure::kServerFailure);
}

// One question to one server, from the container's own namespace; from the host's if the server is on its loopback.
asio::awaitable<std::optional<std::string>> DnsService::State::ask(Ref resolver, std::string query, std::string server,
                                                                   Transport transport) {
  boost::system::error_code failed;
  auto address = asio::ip::make_address(server, failed);
  if (failed) co_return std::nullopt;
  auto open = [&](auto& socket, auto protocol) {
    auto work = [&]() -> Result<void> {
      socket.open(protocol, failed);
      return {};
    };
    if (address.is_loopback())
      (void)work();
    else if (!kernel::net::run_in_namespace(resolver->client.netns_path, work).ok())
      failed = asio::error::network_down;
    return !failed;
  };
  io::Timer limit(loop, kUpstreamPatience);
  if (transport == Transport::kUdp) {
    udp::socket socket(loop);
    if (!open(socket, address.is_v6() ? udp::v6() : udp::v4())) co_return std::nullopt;
    socket.connect({address, kPort}, failed);
    if (!failed) socket.non_blocking(true, failed);
    if (failed) co_return std::nullopt;
    socket.send(asio::buffer(query), 0, failed);
    if (failed) co_return std::nullopt;
    for (;;) {
      auto came = co_await (socket.async_wait(udp::socket::wait_read, asio::as_tuple(asio::use_awaitable)) ||
                            limit.async_wait(asio::as_tuple(asio::use_awaitable)));
      if (came.index() == 1) co_return std::nullopt;
      std::string answer(socket.available(failed), '\0');  // whatever its length: a part of it would be no answer
      const size_t size = socket.receive(asio::buffer(answer), 0, failed);
      if (failed) co_return std::nullopt;
      answer.resize(size);
      // The socket is connected; only the id could be of an older question of the same port.
      if (size >= 12 && answer.compare(0, 2, query, 0, 2) == 0) co_return answer;
    }
  }
  tcp::socket socket(loop);
  if (!open(socket, address.is_v6() ? tcp::v6() : tcp::v4())) co_return std::nullopt;
  auto exchange = [&]() -> asio::awaitable<std::optional<std::string>> {
    auto [refused] = co_await socket.async_connect({address, kPort}, asio::as_tuple(asio::use_awaitable));
    if (refused) co_return std::nullopt;
    std::string framed{static_cast<char>(query.size() >> 8), static_cast<char>(query.size())};
    framed += query;
    auto [unsent, put] = co_await asio::async_write(socket, asio::buffer(framed), asio::as_tuple(asio::use_awaitable));
    uint8_t head[2];
    auto [short_head, got] = co_await asio::async_read(socket, asio::buffer(head), asio::as_tuple(asio::use_awaitable));
    if (unsent || short_head) co_return std::nullopt;
    std::string answer(size_t(head[0]) << 8 | head[1], '\0');
    auto [short_body, rest] =
        co_await asio::async_read(socket, asio::buffer(answer), asio::as_tuple(asio::use_awaitable));
    if (short_body) co_return std::nullopt;
    co_return answer;
  };
  auto done = co_await (exchange() || limit.async_wait(asio::as_tuple(asio::use_awaitable)));
  if (done.index() == 1) co_return std::nullopt;
  co_return std::get<0>(done);
}

asio::awaitable<void> DnsService::State::accept(Ref resolver) {
  auto self = shared_from_this();
  while (!resolver->is_stopped) {
    auto [failed, socket] = co_await resolver->acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    if (failed == asio::error::operation_aborted || failed == asio::error::bad_descriptor) co_return;
    if (failed) co_await pause_after(failed);
    if (failed || resolver->in_progress >= kInProgressMax) continue;
    asio::co_spawn(loop, serve_stream(resolver, std::move(socket)), asio::detached);
  }
}

// Questions one after another until the container closes, or its time is up (RFC 7766).
asio::awaitable<void> DnsService::State::serve_stream(Ref resolver, tcp::socket socket) {
  auto self = shared_from_this();
  ++resolver->in_progress;
  io::Timer limit(loop, kTcpPatience);
  auto serve = [&]() -> asio::awaitable<void> {
    for (;;) {
      uint8_t head[2];
      auto [short_head, got] =
          co_await asio::async_read(socket, asio::buffer(head), asio::as_tuple(asio::use_awaitable));
      if (short_head) co_return;
      std::string query(size_t(head[0]) << 8 | head[1], '\0');
      auto [short_body, rest] =
          co_await asio::async_read(socket, asio::buffer(query), asio::as_tuple(asio::use_awaitable));
      if (short_body) co_return;
      auto reply = co_await resolve(resolver, std::move(query), Transport::kTcp);
      if (!reply || resolver->is_stopped) co_return;
      std::string framed{static_cast<char>(reply->size() >> 8), static_cast<char>(reply->size())};
      framed += *reply;
      auto [unsent, put] =
          co_await asio::async_write(socket, asio::buffer(framed), asio::as_tuple(asio::use_awaitable));
      if (unsent) co_return;
    }
  };
  co_await (serve() || limit.async_wait(asio::as_tuple(asio::use_awaitable)));
  --resolver->in_progress;
}

}  // namespace skein::overlay
