// Hosts joined by a simulated network, in one process: a Transport for each, and faults from the outside.
//
//   InProcessNetwork network(loop.context());
//   Server server(executor, network.host(manager), tls);     Channel::connect(network.host(worker), …)
//   network.cut(worker, manager);
//
// Bytes travel on the context's loop; with a VirtualLoop in its time, and in the same order each time. Each end of a
// connection lives on the executor that listened or dialled, so hosts may have contexts of their own. When one is
// dropped, the others read the end of its connections, as kernels tell it of a process that died. Listeners and links
// must not outlive the network. One thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <vector>

#include "io/rpc/in_process/pipe.h"
#include "io/rpc/transport.h"

namespace skein::rpc {

class InProcessNetwork {
 public:
  static constexpr Duration kDelay = std::chrono::microseconds(100);

  explicit InProcessNetwork(boost::asio::io_context& context);
  ~InProcessNetwork();

  // The way of the host that has this address; hosts that were never asked for do not answer. Lives as long as the
  // network.
  Transport& host(const IpAddress& address);

  // ---- faults; of connections that exist, and of those to come
  // How long bytes need from one host to another; kDelay at first.
  void set_delay(const IpAddress& from, const IpAddress& to, Duration delay);
  // One direction: what is sent waits for mend(), and then arrives. Who dials gets no answer.
  void cut(const IpAddress& from, const IpAddress& to);
  void mend(const IpAddress& from, const IpAddress& to);
  bool is_cut(const IpAddress& from, const IpAddress& to) const;
  // Once: the connection that carries the byte after so many breaks there, for both ends.
  void break_after(const IpAddress& from, const IpAddress& to, size_t bytes);

  // ---- faults of connections that exist
  // Breaks all between the two hosts: both ends hear of it at once.
  void reset(const IpAddress& one, const IpAddress& other);

 private:
  class Host;
  struct Listening;
  class HostListener;
  using Pair = std::pair<IpAddress, IpAddress>;

  std::shared_ptr<Wire> wire(const IpAddress& from, const IpAddress& to);
  // One end of a connection, and the executor of who has it.
  struct End {
    LinkEnd at;
    boost::asio::any_io_executor executor;
  };
  std::shared_ptr<Pipe> make_pipe(const End& from, const End& to);
  std::vector<std::shared_ptr<Pipe>> pipes(const IpAddress& from, const IpAddress& to);
  bool is_reachable(const IpAddress& from, const IpAddress& to);
  std::unique_ptr<Link> open(const End& client, const LinkEnd& server, const std::shared_ptr<Listening>& listening);

  boost::asio::any_io_executor executor_;
  std::map<IpAddress, std::unique_ptr<Host>> hosts_;
  std::map<Pair, std::shared_ptr<Wire>> wires_;
  std::map<Pair, std::vector<std::weak_ptr<Pipe>>> pipes_;
  std::map<std::pair<IpAddress, uint16_t>, std::weak_ptr<Listening>> listening_;
  uint16_t last_port_ = 32'767;
};

}  // namespace skein::rpc
