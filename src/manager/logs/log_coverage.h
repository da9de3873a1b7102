// Which nodes one log subscription has to ask, and what is missing from what they told. Pure; the broker acts on it.
//
// Without following, the tasks that exist at the beginning are meant; while following, also those that appear later,
// and the subscription has no end of its own.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "store/tables.h"
#include "wire/proto/logbroker.pb.h"

namespace skein::manager {

class LogCoverage {
 public:
  LogCoverage(store::api::LogSelector selector, bool is_following)
      : selector_(std::move(selector)), is_following_(is_following) {}

  // The tasks as they are now.
  void begin(const store::Tables& view);
  // A task was created or changed: does its node have to be asked, which was not before? False unless following.
  bool add(const store::api::Task& task);

  const std::set<std::string>& nodes() const { return nodes_; }
  bool concerns(const std::string& node_id) const { return nodes_.contains(node_id); }
  // Nodes that are concerned and have not ended yet; while following, no node ends.
  bool is_awaited(const std::string& node_id) const;

  // The node has told everything, or `why` it cannot. Its first word counts.
  void end(const std::string& node_id, const std::string& why = {});
  bool is_complete() const;
  // kUnknown in Docker's words when something is missing.
  Result<void> outcome() const;

 private:
  bool matches(const store::api::Task& task) const;

  store::api::LogSelector selector_;
  bool is_following_;
  std::set<std::string> nodes_;
  std::set<std::string> ended_;
  std::vector<std::string> missing_;  // reasons, in the order in which they came
};

}  // namespace skein::manager
