#include "agent/session/join.h"

#include "wire/proto/ca.pb.h"

namespace skein::agent {

namespace asio = boost::asio;
namespace api = model::api;
using namespace std::chrono_literals;

namespace {

// Named, since g++ 12 destroys aggregate temporaries of a co_await expression twice.
const rpc::CallOptions kJoinOptions{.timeout = 5s, .metadata = {}};
const rpc::ChannelOptions kJoinChannel;

Error unreachable(const HostPort& manager, const Error& error) {
  return make_error(Code::kUnavailable, "cannot reach the manager at " + manager.text(), error.text(),
                    "check the address, that the manager runs, and that TCP port " + std::to_string(manager.port) +
                        " is open between the hosts");
}

asio::awaitable<Result<std::string>> ask_root(rpc::Channel& channel) {
  const api::GetRootCACertificateRequest nothing;
  auto response = co_await channel.unary<api::GetRootCACertificateResponse>(
      "/docker.swarmkit.v1.CA/GetRootCACertificate", nothing, kJoinOptions);
  if (!response.ok()) co_return response.error();
  co_return response->certificate();
}

asio::awaitable<Result<std::string>> fetch_root(rpc::Transport& transport, HostPort manager) {
  rpc::ClientTls client = rpc::ClientTls::unverified();
  auto channel = co_await rpc::Channel::connect(transport, manager, client, kJoinChannel);
  if (!channel.ok()) co_return unreachable(manager, channel.error());
  co_return co_await ask_root(**channel);
}

// Asks for a certificate over an open channel and waits until it is final.
asio::awaitable<Result<std::string>> request_certificate(std::shared_ptr<rpc::Channel> channel,
                                                         api::IssueNodeCertificateRequest request) {
  auto issued = co_await channel->unary<api::IssueNodeCertificateResponse>(
      "/docker.swarmkit.v1.NodeCA/IssueNodeCertificate", request, kJoinOptions);
  if (!issued.ok()) co_return issued.error();
  api::NodeCertificateStatusRequest ask;
  ask.set_node_id(issued->node_id());
  // The manager answers when the state is final; Docker's may take several calls under load.
  for (int attempt = 0; attempt < 4; ++attempt) {
    auto status = co_await channel->unary<api::NodeCertificateStatusResponse>(
        "/docker.swarmkit.v1.NodeCA/NodeCertificateStatus", ask, kJoinOptions);
    if (!status.ok() && status.error().code == Code::kDeadlineExceeded) continue;
    if (!status.ok()) co_return status.error();
    auto state = status->status().state();
    bool is_ours = status->certificate().csr() == request.csr();
    if ((state == api::IssuanceStatus::ISSUED || state == api::IssuanceStatus::ROTATE) && is_ours)
      co_return status->certificate().certificate();
    if (state == api::IssuanceStatus::FAILED)
      co_return make_error(Code::kInternal, "the manager did not issue a certificate", status->status().err());
  }
  co_return make_error(Code::kDeadlineExceeded, "the manager did not issue a certificate in time");
}

asio::awaitable<Result<Identity>> obtain_from(rpc::Transport& transport, HostPort manager, const JoinRequest& request,
                                              Clock& clock, Random& random) {
  Identity out;
  SKEIN_CO_TRY_ASSIGN(out.root_pem, co_await fetch_root(transport, manager));
  SKEIN_CO_TRY(wire::check_root(out.root_pem, request.token.digest));
  SKEIN_CO_TRY(ca::check_root_bundle(out.root_pem, clock.wall()));

  SKEIN_CO_TRY_ASSIGN(auto tls, rpc::TlsConfig::create({out.root_pem, "", ""}));
  rpc::ClientTls client = rpc::ClientTls::verified(tls, std::string(ca::kServerNameCa));
  auto channel = co_await rpc::Channel::connect(transport, manager, client, kJoinChannel);
  if (!channel.ok()) co_return unreachable(manager, channel.error());
  out.key_pem = ca::make_key(random);
  api::IssueNodeCertificateRequest issue;
  SKEIN_CO_TRY_ASSIGN(*issue.mutable_csr(), ca::make_csr(out.key_pem));
  issue.set_token(request.token.text());
  issue.set_availability(request.availability);
  auto certificate = co_await request_certificate(*channel, std::move(issue));
  if (!certificate.ok()) co_return as_rpc_error(certificate.error());
  out.certificate_pem = *certificate;
  SKEIN_CO_TRY_ASSIGN(out.node, ca::verify_node_certificate(out.certificate_pem, out.root_pem, clock.wall()));
  SKEIN_CO_TRY(ca::check_key_matches(out.certificate_pem, out.key_pem));
  co_return out;
}

}  // namespace

asio::awaitable<Result<Identity>> obtain_identity(rpc::Transport& transport, JoinRequest request, Clock& clock,
                                                  Random& random) {
  Error last = make_error(Code::kInvalidArgument, "no manager address was given");
  for (const HostPort& manager : request.managers) {
    auto identity = co_await obtain_from(transport, manager, request, clock, random);
    if (identity.ok()) co_return identity;
    last = identity.error();
    // Another address of the same swarm would say the same.
    if (last.code != Code::kUnavailable) break;
  }
  co_return last;
}

asio::awaitable<Result<Renewal>> request_renewal(rpc::Transport& transport, std::shared_ptr<rpc::TlsConfig> tls,
                                                 std::vector<HostPort> managers, Random& random) {
  Renewal out;
  out.key_pem = ca::make_key(random);
  api::IssueNodeCertificateRequest issue;
  SKEIN_CO_TRY_ASSIGN(*issue.mutable_csr(), ca::make_csr(out.key_pem));
  Error last = make_error(Code::kUnavailable, "no manager is known");
  for (const HostPort& manager : managers) {
    rpc::ClientTls client = rpc::ClientTls::verified(tls, std::string(ca::kServerNameManager));
    auto channel = co_await rpc::Channel::connect(transport, manager, client, kJoinChannel);
    if (!channel.ok()) {
      last = unreachable(manager, channel.error());
      continue;
    }
    SKEIN_CO_TRY_ASSIGN(out.certificate_pem, co_await request_certificate(*channel, issue));
    SKEIN_CO_TRY_ASSIGN(out.root_pem, co_await ask_root(**channel));
    co_return out;
  }
  co_return last;
}

}  // namespace skein::agent
