#include "cluster/unlock_keys.h"

#include "ca/node_certificate.h"
#include "wire/unlock_key.h"

namespace skein::cluster {

namespace api = model::api;

namespace {

const api::EncryptionKey* find(const api::Cluster& cluster) {
  for (const auto& key : cluster.unlock_keys())
    if (key.subsystem() == ca::kOuManager) return &key;
  return nullptr;
}

}  // namespace

void update_unlock_keys(api::Cluster& cluster, bool is_replaced, Random& random) {
  const bool is_on = cluster.spec().encryption_config().auto_lock_managers();
  if (is_on && find(cluster) && !is_replaced) return;
  auto* keys = cluster.mutable_unlock_keys();
  for (int i = keys->size(); i-- > 0;)
    if (keys->Get(i).subsystem() == ca::kOuManager) keys->DeleteSubrange(i, 1);
  if (!is_on) return;
  api::EncryptionKey* key = keys->Add();
  key->set_subsystem(std::string(ca::kOuManager));
  key->set_key(wire::make_unlock_key(random));
}

std::string unlock_key_of(const api::Cluster& cluster) {
  const api::EncryptionKey* key = find(cluster);
  return key ? key->key() : "";
}

}  // namespace skein::cluster
