// The rotation of the root CA as a reconciler: what the objects of the store say now decides what is to be done next.
//
// Nothing is remembered outside the store, so a manager may die at any point and go on. While a rotation is under way,
// every node whose last description shows another issuer than the next root is told to renew its certificate (state
// ROTATE), some at a time; nodes that are down keep the rotation open until they come back or are removed. When no node
// is left, the next root takes the place of the present one.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "store/store.h"

namespace skein::manager {

inline constexpr size_t kRotationBatch = 30;                         // nodes told at a time, as Docker
inline constexpr Duration kRotationPause = std::chrono::seconds(3);  // between two batches

struct RotationStep {
  bool is_under_way = false;
  size_t nodes_left = 0;               // whose certificate the next root has not issued
  std::vector<std::string> nodes_due;  // of these the ones to be told now, at most kRotationBatch
};

// Fails only if the next root in the store cannot be read.
Result<RotationStep> next_rotation_step(const store::Tables& view, WallTime now);

// Does in a transaction what next_rotation_step asks for; nodes are told only if `may_tell`. The outcome says what was
// done.
enum class RotationOutcome { kNone, kWaiting, kTold, kFinished };
Result<RotationOutcome> advance_rotation(store::Transaction& tx, bool may_tell, Random& random);

}  // namespace skein::manager
