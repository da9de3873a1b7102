// The containers API on a real Podman, with networks that are only made up: what tests/containers/run_test.sh drives
// with the docker client. Usage: container_api_daemon SOCKET STATE_FOLDER
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>

#include "api/api.h"
#include "api/requests/request_body.h"
#include "api/requests/schemas.h"
#include "engine/podman/podman_engine.h"
#include "io/http/http_server.h"
#include "io/loop/context.h"
#include "namespaces.h"

namespace {

using namespace skein;
using boost::asio::awaitable;

// Namespaces are real (made with ip-netns), endpoints are a list of addresses.
class MadeUpNetworks final : public overlay::ContainerNetworks {
 public:
  Result<std::string> prepare_namespace(const std::string& key) override { return make_namespace(key); }
  awaitable<Result<void>> attach(overlay::ContainerNetworkRequest request, std::string netns) override {
    std::printf("attach %s %s %s keeps=%d\n", request.container_name.c_str(), request.hostname.c_str(), netns.c_str(),
                request.keeps_endpoints);
    std::vector<overlay::EndpointStatus> endpoints;
    for (const auto& wanted : request.endpoints) {
      if (wanted.network == "private")
        co_return make_error(Code::kUnknown,
                             "Could not attach to network private: rpc error: code = PermissionDenied desc = network "
                             "private not manually attachable");
      endpoints.push_back(make_endpoint(wanted));
    }
    if (endpoints_.contains(request.container_id)) co_return Result<void>();
    endpoints_[request.container_id] = endpoints;
    tell(request.container_id, true);
    co_return Result<void>();
  }
  awaitable<Result<void>> connect(overlay::ContainerNetworkRequest container, std::string,
                                  overlay::EndpointRequest endpoint) override {
    endpoints_[container.container_id].push_back(make_endpoint(endpoint));
    co_return Result<void>();
  }
  awaitable<Result<void>> disconnect(std::string id, std::string network) override {
    std::erase_if(endpoints_[id], [&](auto& e) { return e.network_name == network || e.network_id == network; });
    co_return Result<void>();
  }
  void rename(const std::string& id, const std::string& name) override {
    std::printf("rename %s %s\n", id.c_str(), name.c_str());
  }
  void detach(const std::string& id) override {
    std::printf("detach %s\n", id.c_str());
    tell(id, false);
    endpoints_.erase(id);
  }
  void forget(const std::string& id, const std::string& netns) override {
    std::printf("forget %s %s\n", id.c_str(), netns.c_str());
    endpoints_.erase(id);
    delete_namespace(netns);
  }
  std::set<std::string> attached_containers() const override {
    std::set<std::string> out;
    for (const auto& [id, endpoints] : endpoints_) out.insert(id);
    return out;
  }
  bool is_attached(const std::string& id) const override { return endpoints_.contains(id); }
  Result<Ipv4> host_gateway() const override { return *Ipv4::parse("192.168.1.11"); }
  std::vector<overlay::EndpointStatus> status(const std::string& id) const override {
    auto found = endpoints_.find(id);
    return found == endpoints_.end() ? std::vector<overlay::EndpointStatus>() : found->second;
  }

  std::function<void(const overlay::Endpoint&, bool is_there)> observer;

 private:
  void tell(const std::string& id, bool is_there) {
    for (const auto& status : status(id)) {
      overlay::Endpoint endpoint;
      endpoint.container_id = id;
      endpoint.network.id = status.network_id;
      endpoint.network.name = status.network_name;
      observer(endpoint, is_there);
    }
  }
  overlay::EndpointStatus make_endpoint(const overlay::EndpointRequest& wanted) {
    overlay::EndpointStatus endpoint;
    const std::string name = wanted.network.starts_with("id-of-") ? wanted.network.substr(6) : wanted.network;
    endpoint.network_id = "id-of-" + name;
    endpoint.network_name = name;
    endpoint.endpoint_id = std::string(64, 'e');
    endpoint.address = wanted.address.value_or(Ipv4{0x0a000100u + ++last_});
    endpoint.mac = Mac::from_ipv4(endpoint.address);
    endpoint.aliases = wanted.aliases;
    return endpoint;
  }
  std::map<std::string, std::vector<overlay::EndpointStatus>> endpoints_;
  uint32_t last_ = 1;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::signal(SIGPIPE, SIG_IGN);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::string socket = argv[1], folder = argv[2];
  io::Context loop(1);
  engine::PodmanOptions options;
  options.state_folder = folder + "/containers";
  engine::detect_limits(options);
  engine::PodmanEngine engine(loop, options);
  MadeUpNetworks networks;
  containers::HealthBoard health;
  io::http::Router router;
  containers::KeeperOptions keeper;
  keeper.housing.files_folder = folder + "/files";
  keeper.notes_path = folder + "/lives.json";
  api::Api api({loop, engine, networks, health, system_clock(), system_random(), keeper, "/run/skein/secrets", {}},
               router);
  networks.observer = [&api](const overlay::Endpoint& endpoint, bool is_there) {
    api.endpoint_events().changed(endpoint, is_there);
  };
  // The networks API is the node's; these two only hand on what they are asked.
  auto change_networks = [&](bool connects) -> io::http::Handler {
    return [&api, connects](io::http::Request& request) -> awaitable<io::http::Response> {
      auto body = api::body_of(request, connects ? api::schema::kConnectBody : api::schema::kDisconnectBody);
      if (!body.ok()) co_return io::http::Response::of_error(body.error());
      const containers::NetworkName network{request.param("id"), "id-of-" + request.param("id")};
      const std::string container = body->value("Container", "");
      const auto settings = body->value("EndpointConfig", nlohmann::json::object());
      Result<void> done;
      if (connects)
        done = co_await api.keeper().connect(container, network, settings);
      else
        done = co_await api.keeper().disconnect(container, network);
      co_return done.ok() ? io::http::Response::of_status(200) : io::http::Response::of_error(done.error());
    };
  };
  router.add("POST", "/networks/{id}/connect", change_networks(true));
  router.add("POST", "/networks/{id}/disconnect", change_networks(false));
  io::http::Server server(loop, router);
  int status = 0;
  boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
  signals.async_wait([&](auto, int) { loop.stop(); });
  boost::asio::co_spawn(
      loop,
      [&]() -> awaitable<void> {
        auto up = co_await engine.start_up();
        if (up.ok()) up = co_await api.start_up();
        if (up.ok()) up = server.listen_unix(socket, "skein");
        if (up.ok()) co_return;
        std::fprintf(stderr, "%s\n", up.error().text().c_str());
        status = 1;
        loop.stop();
      },
      boost::asio::detached);
  loop.run();
  loop.drop_all();
  return status;
}
