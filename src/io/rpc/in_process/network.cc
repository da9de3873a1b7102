#include "io/rpc/in_process/network.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "io/rpc/in_process/hello_layer.h"
#include "io/rpc/in_process/pipe_link.h"
#include "io/rpc/tls/certificate_peer.h"

namespace skein::rpc {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr Duration kDialAgain = std::chrono::seconds(1);  // as TCP repeats the first packet

Result<Peer> own_peer(const TlsConfig* tls) {
  if (tls == nullptr || !tls->has_certificate()) return Peer();
  return peer_of_chain(tls->identity().chain_pem);
}

}  // namespace

struct InProcessNetwork::Listening {
  Transport::OnLink on_link;
  asio::any_io_executor executor;
};

class InProcessNetwork::HostListener final : public Listener {
 public:
  HostListener(std::shared_ptr<Listening> listening, uint16_t port) : listening_(std::move(listening)), port_(port) {}
  uint16_t port() const override { return port_; }

 private:
  std::shared_ptr<Listening> listening_;
  uint16_t port_;
};

class InProcessNetwork::Host final : public Transport {
 public:
  Host(InProcessNetwork& network, const IpAddress& address) : network_(network), address_(address) {}

  asio::awaitable<Result<std::unique_ptr<Link>>> dial(HostPort target, TimePoint deadline) override {
    auto address = IpAddress::parse(target.host);
    if (!address.ok()) co_return make_error(Code::kUnavailable, "lookup " + target.host, "no such host");
    io::Timer timer(co_await asio::this_coro::executor);
    const std::string what = "dial tcp " + target.text();
    for (;;) {
      const bool is_reachable = network_.is_reachable(address_, *address);
      const Duration pause = is_reachable
                                 ? network_.wire(address_, *address)->delay + network_.wire(*address, address_)->delay
                                 : kDialAgain;
      timer.expires_at(std::min(deadline, timer.now() + pause));
      auto [cancelled] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
      if (cancelled) co_return make_error(Code::kCanceled, what, "canceled");
      if (timer.now() >= deadline) co_return make_error(Code::kDeadlineExceeded, what, "no answer in time");
      if (!is_reachable) continue;
      auto found = network_.listening_.find({*address, target.port});
      auto listening = found == network_.listening_.end() ? nullptr : found->second.lock();
      if (!listening) co_return make_error(Code::kUnavailable, what, "Connection refused");
      const End own{{address_, ++network_.last_port_}, timer.get_executor()};
      co_return network_.open(own, {*address, target.port}, listening);
    }
  }

  Result<std::unique_ptr<Listener>> listen(const asio::any_io_executor& executor, const IpAddress& address,
                                           uint16_t port, OnLink on_link) override {
    if (port == 0) port = ++network_.last_port_;
    auto& place = network_.listening_[{address_, port}];
    if (!place.expired()) return listen_error({address.text(), port}, asio::error::address_in_use);
    auto listening = std::make_shared<Listening>(Listening{std::move(on_link), executor});
    place = listening;
    return std::unique_ptr<Listener>(std::make_unique<HostListener>(std::move(listening), port));
  }

  Result<std::unique_ptr<SecurityLayer>> secure_client(const ClientTls& tls) override {
    SKEIN_TRY_ASSIGN(const Peer own, own_peer(tls.shows_certificate ? tls.config.get() : nullptr));
    return std::unique_ptr<SecurityLayer>(std::make_unique<HelloLayer>(HelloLayer::Role::kClient, own));
  }

  Result<std::unique_ptr<SecurityLayer>> secure_server(const TlsConfig& tls) override {
    if (!tls.has_certificate())
      return make_error(Code::kFailedPrecondition, "start TLS", "this node has no certificate yet");
    SKEIN_TRY_ASSIGN(const Peer own, own_peer(&tls));
    return std::unique_ptr<SecurityLayer>(std::make_unique<HelloLayer>(HelloLayer::Role::kServer, own));
  }

 private:
  InProcessNetwork& network_;
  IpAddress address_;
};

InProcessNetwork::InProcessNetwork(asio::io_context& context) : executor_(context.get_executor()) {}
InProcessNetwork::~InProcessNetwork() = default;

Transport& InProcessNetwork::host(const IpAddress& address) {
  auto& host = hosts_[address];
  if (!host) host = std::make_unique<Host>(*this, address);
  return *host;
}

std::shared_ptr<Wire> InProcessNetwork::wire(const IpAddress& from, const IpAddress& to) {
  auto& wire = wires_[{from, to}];
  if (!wire) wire = std::make_shared<Wire>(Wire{kDelay, false, std::nullopt});
  return wire;
}

std::shared_ptr<Pipe> InProcessNetwork::make_pipe(const End& from, const End& to) {
  auto pipe = std::make_shared<Pipe>(executor_, to.executor, from.executor, wire(from.at.address, to.at.address));
  auto& all = pipes_[{from.at.address, to.at.address}];
  std::erase_if(all, [](const auto& each) { return each.expired(); });
  all.push_back(pipe);
  return pipe;
}

std::vector<std::shared_ptr<Pipe>> InProcessNetwork::pipes(const IpAddress& from, const IpAddress& to) {
  std::vector<std::shared_ptr<Pipe>> out;
  for (const auto& each : pipes_[{from, to}])
    if (auto pipe = each.lock()) out.push_back(std::move(pipe));
  return out;
}

bool InProcessNetwork::is_reachable(const IpAddress& from, const IpAddress& to) {
  return hosts_.contains(to) && !wire(from, to)->is_cut && !wire(to, from)->is_cut;
}

std::unique_ptr<Link> InProcessNetwork::open(const End& client, const LinkEnd& server,
                                             const std::shared_ptr<Listening>& listening) {
  const End accepting{server, listening->executor};
  auto there = make_pipe(client, accepting);
  auto back = make_pipe(accepting, client);
  Pipe::join(there, back);
  auto accept = [weak = std::weak_ptr(listening),
                 link = std::make_unique<PipeLink>(accepting.executor, server, client.at, there, back)]() mutable {
    auto alive = weak.lock();
    if (!alive) return;
    Transport::OnLink on_link = alive->on_link;  // which may end the listening
    on_link(std::move(link));
  };
  asio::post(accepting.executor, std::move(accept));
  return std::make_unique<PipeLink>(client.executor, client.at, server, back, there);
}

void InProcessNetwork::set_delay(const IpAddress& from, const IpAddress& to, Duration delay) {
  wire(from, to)->delay = delay;
}

void InProcessNetwork::cut(const IpAddress& from, const IpAddress& to) {
  wire(from, to)->is_cut = true;
  for (const auto& pipe : pipes(from, to)) pipe->pump();
}

void InProcessNetwork::mend(const IpAddress& from, const IpAddress& to) {
  wire(from, to)->is_cut = false;
  for (const auto& pipe : pipes(from, to)) pipe->pump();
}

bool InProcessNetwork::is_cut(const IpAddress& from, const IpAddress& to) const {
  auto found = wires_.find({from, to});
  return found != wires_.end() && found->second->is_cut;
}

void InProcessNetwork::break_after(const IpAddress& from, const IpAddress& to, size_t bytes) {
  wire(from, to)->breaks_after = bytes;
}

void InProcessNetwork::reset(const IpAddress& one, const IpAddress& other) {
  auto all = pipes(one, other);
  for (auto& pipe : pipes(other, one)) all.push_back(std::move(pipe));
  for (const auto& pipe : all) pipe->break_down(asio::error::connection_reset);
}

}  // namespace skein::rpc
