// gRPC services CA and NodeCA: a joiner gets the root certificate, then its own certificate against a join token;
// a node renews its certificate by the one it has.
//
// Certificates are signed in the transaction that accepts the request, so NodeCertificateStatus never has to wait.
#pragma once

#include "base/random.h"
#include "base/time/clock.h"
#include "io/rpc/server.h"
#include "manager/ca/join_token_check.h"
#include "store/store.h"
#include "wire/proto/ca.pb.h"

namespace skein::manager {

class CaService {
 public:
  // All references must outlive the server that the methods are registered with.
  CaService(store::Store& store, Clock& clock, Random& random) : store_(store), clock_(clock), random_(random) {}
  void register_with(rpc::Server& server);

 private:
  using Tables = store::Tables;
  template <class T>
  using Reply = boost::asio::awaitable<Result<T>>;

  Reply<store::api::IssueNodeCertificateResponse> issue(const rpc::Call& call,
                                                        const store::api::IssueNodeCertificateRequest& request);
  Result<store::api::Certificate> sign(const store::api::Cluster& cluster, const std::string& csr,
                                       const Applicant& applicant);

  store::Store& store_;
  Clock& clock_;
  Random& random_;
};

}  // namespace skein::manager
