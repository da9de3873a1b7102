// From flags to the spec of a service. Pure, but for --env-file and the look-up of networks that the caller gives.
//
// `create` applies its flags to an empty spec, `update` to the one that the daemon has; everything that the flags do
// not name stays as it is.
#pragma once

#include <functional>

#include "cmd/cli/words/flags.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

// The id of the network that is named so.
using NetworkLookup = std::function<Result<std::string>(const std::string& name)>;

// `words`: image, command, arguments. Errors have Docker's texts.
Result<Json> service_create_spec(const std::vector<std::string>& words, const Flags& flags,
                                 const NetworkLookup& find_network);
Result<void> update_service_spec(const Flags& flags, const NetworkLookup& find_network, Json& spec);

// Sets how many tasks the service has; for a job, how many must complete.
Result<void> set_replicas(int64_t replicas, Json& spec);

// Their parts: single values; lists; of those, the lists of the container spec.
Result<void> apply_values(const Flags& flags, Json& spec);
Result<void> apply_lists(const Flags& flags, const NetworkLookup& find_network, Json& spec);
Result<void> apply_container_lists(const Flags& flags, Json& container);

}  // namespace skein::cli
