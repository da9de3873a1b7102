#include "manager/ca/root_rotation.h"

#include "ca/root_ca.h"
#include "manager/ca/root_choice.h"

namespace skein::manager {

namespace api = store::api;

namespace {

// A node that has never described itself is still joining: its first certificate may be of either root.
bool is_due(const api::Node& node) {
  if (!node.has_description()) return false;
  switch (node.certificate().status().state()) {
    case api::IssuanceStatus::RENEW:
    case api::IssuanceStatus::PENDING:
    case api::IssuanceStatus::ROTATE: return false;
    default: return true;
  }
}

}  // namespace

Result<RotationStep> next_rotation_step(const store::Tables& view, WallTime now) {
  RotationStep out;
  auto cluster = view.cluster();
  if (!cluster || !cluster->root_ca().has_root_rotation()) return out;
  out.is_under_way = true;
  SKEIN_TRY_ASSIGN(ca::RootCa next, ca::RootCa::load(cluster->root_ca().root_rotation().ca_cert(), "", now));
  const std::string subject = next.subject_der(), public_key = next.public_key_der();
  for (const auto& [id, node] : view.all<api::Node>()) {
    const auto& shown = node->description().tls_info();
    if (shown.cert_issuer_subject() == subject && shown.cert_issuer_public_key() == public_key) continue;
    ++out.nodes_left;
    if (is_due(*node) && out.nodes_due.size() < kRotationBatch) out.nodes_due.push_back(id);
  }
  return out;
}

Result<RotationOutcome> advance_rotation(store::Transaction& tx, bool may_tell, Random& random) {
  SKEIN_TRY_ASSIGN(RotationStep step, next_rotation_step(tx.view(), tx.now()));
  if (!step.is_under_way) return RotationOutcome::kNone;
  if (step.nodes_left == 0) {
    api::Cluster cluster = *tx.view().cluster();
    SKEIN_TRY_ASSIGN(*cluster.mutable_root_ca(), finish_rotation(cluster.root_ca(), random));
    tx.update(std::move(cluster));
    return RotationOutcome::kFinished;
  }
  if (!may_tell || step.nodes_due.empty()) return RotationOutcome::kWaiting;
  for (const std::string& id : step.nodes_due) {
    api::Node node = *tx.view().get<api::Node>(id);
    node.mutable_certificate()->mutable_status()->set_state(api::IssuanceStatus::ROTATE);
    tx.update(std::move(node));
    tx.allow_cut();
  }
  return RotationOutcome::kTold;
}

}  // namespace skein::manager
