// gRPC service ResourceAllocator: a node asks for an address for a container that a user starts on an attachable
// network, and gives it back. The address itself arrives as an assignment (a task of runtime "attachment").
#pragma once

#include "base/random.h"
#include "io/rpc/server.h"
#include "store/store.h"
#include "wire/proto/resource.pb.h"

namespace skein::manager {

class ResourceAllocator {
 public:
  ResourceAllocator(store::Store& store, Random& random) : store_(store), random_(random) {}
  void register_with(rpc::Server& server);

 private:
  template <class T>
  using Reply = boost::asio::awaitable<Result<T>>;
  Reply<store::api::AttachNetworkResponse> attach(const rpc::Call& call,
                                                  const store::api::AttachNetworkRequest& request);
  Reply<store::api::DetachNetworkResponse> detach(const rpc::Call& call,
                                                  const store::api::DetachNetworkRequest& request);
  Result<std::string> caller(const rpc::Call& call) const;

  store::Store& store_;
  Random& random_;
};

}  // namespace skein::manager
