// For tests: networks that only remember what was asked of them.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

#include "io/loop/timer.h"
#include "overlay/endpoints/task_networks.h"

namespace skein::overlay {

class FakeTaskNetworks final : public TaskNetworks {
 public:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  std::vector<std::string>& log;  // shared with the fake engine: what came before what
  std::set<std::string> namespaces;
  std::map<std::string, ContainerNetworkRequest> attached;  // by container id
  std::map<std::string, Serving> serving;
  std::optional<Error> attach_error, namespace_error;
  bool holds_drains = false;
  Duration last_limit{0};

  FakeTaskNetworks(const boost::asio::any_io_executor& executor, std::vector<std::string>& log_of_calls)
      : log(log_of_calls), executor_(executor), drained_(executor) {
    drained_.expires_at(TimePoint::never());
  }
  void let_drain() {
    holds_drains = false;
    drained_.cancel();
  }

  Result<std::string> prepare_namespace(const std::string& key) override {
    if (namespace_error) return *namespace_error;
    namespaces.insert("/netns/" + key);
    return "/netns/" + key;
  }
  awaitable<Result<void>> attach(ContainerNetworkRequest request, std::string) override {
    log.push_back("attach");
    co_await boost::asio::post(executor_, boost::asio::use_awaitable);
    if (attach_error) co_return *attach_error;
    attached[request.container_id] = request;
    serving[request.container_id] = Serving::kJoining;
    co_return Result<void>();
  }
  awaitable<Result<void>> connect(ContainerNetworkRequest, std::string, EndpointRequest) override {
    co_return make_error(Code::kUnimplemented, "no connect");
  }
  awaitable<Result<void>> disconnect(std::string, std::string) override {
    co_return make_error(Code::kUnimplemented, "no disconnect");
  }
  void rename(const std::string& container_id, const std::string& name) override {
    if (attached.contains(container_id)) attached[container_id].container_name = name;
  }
  void detach(const std::string& container_id) override {
    if (attached.erase(container_id)) log.push_back("detach");
    serving.erase(container_id);
  }
  void forget(const std::string& container_id, const std::string& netns_path) override {
    detach(container_id);
    namespaces.erase(netns_path);
  }
  std::set<std::string> attached_containers() const override {
    std::set<std::string> out;
    for (const auto& [id, request] : attached) out.insert(id);
    return out;
  }
  bool is_attached(const std::string& container_id) const override { return attached.contains(container_id); }
  Result<Ipv4> host_gateway() const override { return *Ipv4::parse("192.168.1.11"); }
  std::vector<EndpointStatus> status(const std::string& container_id) const override {
    std::vector<EndpointStatus> out;
    auto found = attached.find(container_id);
    if (found == attached.end()) return out;
    for (const auto& endpoint : found->second.endpoints)
      if (endpoint.given) {
        EndpointStatus& status = out.emplace_back();
        status.address = endpoint.given->address;
        status.network_id = endpoint.given->network.id;
      }
    return out;
  }
  void set_serving(const std::string& container_id, Serving now) override {
    serving[container_id] = now;
    log.push_back(now == Serving::kServing ? "serving" : now == Serving::kJoining ? "joining" : "draining");
  }
  awaitable<void> wait_until_drained(std::string, Duration limit) override {
    last_limit = limit;
    co_await boost::asio::post(executor_, boost::asio::use_awaitable);
    while (holds_drains) {
      boost::system::error_code ignored;
      co_await drained_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
  }

 private:
  boost::asio::any_io_executor executor_;
  io::Timer drained_;
};

}  // namespace skein::overlay
