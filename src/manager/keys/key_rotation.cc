#include "manager/keys/key_rotation.h"

#include "ca/network_keys.h"

namespace skein::manager {

namespace api = store::api;

KeyStep KeySchedule::next(const api::Cluster& cluster, TimePoint now, WallTime wall) {
  if (!cluster.has_network_keys_rotated_at()) return KeyStep::kCountAnew;
  const WallTime rotated = model::to_wall(cluster.network_keys_rotated_at());
  if (counted_from_ != rotated) {
    if (rotated > wall) return KeyStep::kCountAnew;
    counted_from_ = rotated;
    due_ = now + std::max(Duration(0), period_ - (wall - rotated));
  }
  return now >= due_ ? KeyStep::kRotate : KeyStep::kWait;
}

api::Cluster rotate_keys(api::Cluster cluster, WallTime wall, Random& random) {
  const auto& stored = cluster.network_bootstrap_keys();
  const ca::NetworkKeys next =
      ca::rotate_network_keys({{stored.begin(), stored.end()}, cluster.encryption_key_lamport_clock()}, random);
  cluster.mutable_network_bootstrap_keys()->Assign(next.keys.begin(), next.keys.end());
  cluster.set_encryption_key_lamport_clock(next.lamport_clock);
  return count_keys_anew(std::move(cluster), wall);
}

Result<api::Cluster> rotate_keys_at_once(api::Cluster cluster, WallTime wall, Random& random) {
  if (cluster.has_network_keys_rotated_at()) {
    const Duration since = wall - model::to_wall(cluster.network_keys_rotated_at());
    if (since >= Duration(0) && since < kKeyPauseMin)
      return make_error(Code::kFailedPrecondition, "the network keys were replaced a moment ago",
                        "nodes may not have them yet", "ask again in ten seconds");
  }
  return rotate_keys(std::move(cluster), wall, random);
}

api::Cluster count_keys_anew(api::Cluster cluster, WallTime wall) {
  *cluster.mutable_network_keys_rotated_at() = model::to_timestamp(wall);
  return cluster;
}

KeyStep advance_keys(store::Transaction& tx, KeySchedule& schedule, TimePoint now, Random& random) {
  auto cluster = tx.view().cluster();
  if (!cluster) return KeyStep::kWait;
  const KeyStep step = schedule.next(*cluster, now, tx.now());
  if (step == KeyStep::kRotate) tx.update(rotate_keys(*cluster, tx.now(), random));
  if (step == KeyStep::kCountAnew) tx.update(count_keys_anew(*cluster, tx.now()));
  return step;
}

}  // namespace skein::manager
