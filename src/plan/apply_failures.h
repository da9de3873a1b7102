// What of an intent could not be carried out, sorted by whom it concerns. Pure.
//
// One container's misfortune is its own: whoever starts another one asks for the failures of that one's endpoints and
// of the host, not for everything that is wrong.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "plan/diff.h"

namespace skein::plan {

// The link that an operation is about; null if it is about no single one.
const LinkIntent* link_of(const Operation& operation);

struct ApplyFailures {
  std::map<std::string, Error> endpoints;  // by endpoint id: these alone lack something
  std::set<std::string> without_link;      // those of them that have no link at all
  std::optional<Error> host;               // every container may lack something
  std::optional<Error> leftover;           // something is there still that ought to be gone; nobody lacks anything

  bool empty() const { return endpoints.empty() && !host && !leftover; }
  // The first one of each kind is kept.
  void add(const Operation& operation, const Error& error);
  // What keeps a container with these endpoints from being on its networks.
  Result<void> of(const std::set<std::string>& endpoint_ids) const;
  // The first failures, for logs.
  Error summary() const;
};

}  // namespace skein::plan
