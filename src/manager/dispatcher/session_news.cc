#include "manager/dispatcher/session_news.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>

#include "base/result.h"

namespace skein::manager {

namespace api = store::api;
using google::protobuf::util::MessageDifferencer;

namespace {

// Versions and times of writing are the store's own.
bool is_told_alike(const api::Node& before, const api::Node& after) {
  static const auto* meta = api::Node::descriptor()->FindFieldByName("meta");
  MessageDifferencer differencer;
  differencer.IgnoreField(meta);
  return differencer.Compare(before, after);
}

// The address at which a node manages the swarm; empty if it does not.
std::string manager_address(const store::Ref<api::Node>& node) {
  return node && node->has_manager_status() ? node->manager_status().addr() : "";
}

bool is_told_alike(const api::Cluster& before, const api::Cluster& after) {
  const auto& keys = before.network_bootstrap_keys();
  const auto& others = after.network_bootstrap_keys();
  return before.root_ca().ca_cert() == after.root_ca().ca_cert() && keys.size() == others.size() &&
         std::equal(keys.begin(), keys.end(), others.begin(),
                    [](const auto& a, const auto& b) { return MessageDifferencer::Equals(a, b); });
}

}  // namespace

void SessionNews::take(const store::Changes& changes) {
  for (const auto& change : changes) {
    if (change.kind == store::Kind::kCluster) {
      auto before = change.old<api::Cluster>(), after = change.now<api::Cluster>();
      if (!before || !after || !is_told_alike(*before, *after)) is_for_all_ = true;
    }
    if (change.kind != store::Kind::kNode) continue;
    auto before = change.old<api::Node>(), after = change.now<api::Node>();
    if (manager_address(before) != manager_address(after)) is_for_all_ = true;
    if (!before || !after || !is_told_alike(*before, *after)) nodes_.insert(change.id);
  }
}

api::SessionMessage common_session_message(const store::Tables& view) {
  api::SessionMessage out;
  for (const auto& [id, node] : view.all<api::Node>()) {
    if (!node->has_manager_status()) continue;
    auto* manager = out.add_managers();
    manager->mutable_peer()->set_node_id(id);
    manager->mutable_peer()->set_addr(node->manager_status().addr());
    manager->set_weight(10);
  }
  if (auto cluster = view.cluster()) {
    for (const auto& key : cluster->network_bootstrap_keys()) *out.add_network_bootstrap_keys() = key;
    out.set_rootca(cluster->root_ca().ca_cert());
  }
  return out;
}

api::SessionMessage session_message(api::SessionMessage common, const store::Tables& view, const std::string& node_id,
                                    const std::string& session_id) {
  SKEIN_ASSERT(!session_id.empty() && common.session_id().empty());
  common.set_session_id(session_id);
  if (auto node = view.get<api::Node>(node_id)) *common.mutable_node() = *node;
  return common;
}

}  // namespace skein::manager
