#include "manager/ca/ca_service.h"

#include "base/log.h"
#include "ca/node_certificate.h"
#include "ca/root_ca.h"

namespace skein::manager {

namespace api = store::api;

namespace {

constexpr size_t kCsrBytesMax = size_t{64} << 10;  // it is kept with the node

}  // namespace

void CaService::register_with(rpc::Server& server) {
  server.unary<api::GetRootCACertificateRequest, api::GetRootCACertificateResponse>(
      "/docker.swarmkit.v1.CA/GetRootCACertificate",
      [this](const rpc::Call&, const api::GetRootCACertificateRequest&) -> Reply<api::GetRootCACertificateResponse> {
        auto cluster = store_.view().cluster();
        if (!cluster) co_return ca_not_ready();
        api::GetRootCACertificateResponse response;
        response.set_certificate(cluster->root_ca().ca_cert());
        co_return response;
      });
  server.unary<api::IssueNodeCertificateRequest, api::IssueNodeCertificateResponse>(
      "/docker.swarmkit.v1.NodeCA/IssueNodeCertificate",
      [this](const rpc::Call& call, const api::IssueNodeCertificateRequest& request) { return issue(call, request); });
  server.unary<api::NodeCertificateStatusRequest, api::NodeCertificateStatusResponse>(
      "/docker.swarmkit.v1.NodeCA/NodeCertificateStatus",
      [this](const rpc::Call&,
             const api::NodeCertificateStatusRequest& request) -> Reply<api::NodeCertificateStatusResponse> {
        if (request.node_id().empty()) co_return make_error(Code::kInvalidArgument, "invalid argument");
        auto node = store_.view().get<api::Node>(request.node_id());
        if (!node) co_return make_error(Code::kNotFound, "node " + request.node_id() + " not found");
        api::NodeCertificateStatusResponse response;
        *response.mutable_certificate() = node->certificate();
        *response.mutable_status() = node->certificate().status();
        co_return response;
      });
}

Result<api::Certificate> CaService::sign(const api::Cluster& cluster, const std::string& csr,
                                         const Applicant& applicant) {
  // While the root is being rotated: by the next root, whose cross-signed form lets nodes that know only the present
  // one verify the certificate.
  const auto& roots = cluster.root_ca();
  const auto& next = roots.root_rotation();
  SKEIN_TRY_ASSIGN(ca::RootCa root,
                   ca::RootCa::load(model::issuing_root(roots),
                                    roots.has_root_rotation() ? next.ca_key() : roots.ca_key(), clock_.wall()));
  ca::IssueRequest request{csr,
                           applicant.node_id,
                           applicant.role,
                           cluster.id(),
                           model::from_wire(cluster.spec().ca_config().node_cert_expiry()),
                           next.cross_signed_ca_cert()};
  api::Certificate out;
  SKEIN_TRY_ASSIGN(*out.mutable_certificate(), root.issue(request, clock_.wall(), random_));
  out.set_role(applicant.role);
  out.set_csr(csr);
  out.set_cn(applicant.node_id);
  out.mutable_status()->set_state(api::IssuanceStatus::ISSUED);
  return out;
}

CaService::Reply<api::IssueNodeCertificateResponse> CaService::issue(const rpc::Call& call,
                                                                     const api::IssueNodeCertificateRequest& request) {
  SKEIN_CO_TRY_ASSIGN(Applicant applicant, identify_applicant(store_.view(), call.peer(), request));
  if (request.csr().size() > kCsrBytesMax)
    co_return invalid_argument("a certificate request has at most " + std::to_string(kCsrBytesMax) + " bytes");
  if (applicant.is_new) applicant.node_id = random_.object_id();
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    auto cluster = tx.view().cluster();
    SKEIN_TRY_ASSIGN(api::Certificate certificate, sign(*cluster, request.csr(), applicant));
    auto known = tx.view().get<api::Node>(applicant.node_id);
    if (!applicant.is_new && !known) return make_error(Code::kNotFound, "node " + applicant.node_id + " not found");
    api::Node node = known ? *known : api::Node();
    *node.mutable_certificate() = certificate;
    if (known) return tx.update(std::move(node)), Result<void>();
    node.set_id(applicant.node_id);
    node.set_role(applicant.role);
    node.mutable_spec()->mutable_annotations();
    node.mutable_spec()->set_desired_role(applicant.role);
    node.mutable_spec()->set_membership(api::ACCEPTED);
    node.mutable_spec()->set_availability(request.availability());
    node.set_vxlanudpport(cluster->vxlan_udp_port());
    return tx.create(std::move(node)), Result<void>();
  });
  SKEIN_CO_TRY(done);
  log_info(applicant.is_new ? "node-admitted" : "certificate-renewed",
           {{"node", applicant.node_id}, {"address", call.peer().address.text()}});
  api::IssueNodeCertificateResponse response;
  response.set_node_id(applicant.node_id);
  response.set_node_membership(api::ACCEPTED);
  co_return response;
}

}  // namespace skein::manager
