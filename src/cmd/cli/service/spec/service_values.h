// Single values of a service's flags: what the API calls them, or what is wrong about them in Docker's words. Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

// --network NAME, or name=NAME,alias=A,driver-opt=K=V: {"Target": NAME, "Aliases": …, "DriverOpts": …}
Result<Json> parse_attachment(const std::string& text);
// --placement-pref spread=node.labels.rack
Result<Json> parse_preference(const std::string& text);
// --ulimit nofile=1024:2048
Result<Json> parse_ulimit(const std::string& text);
// --host NAME:ADDRESS as a line of a hosts file, "ADDRESS NAME".
Result<std::string> hosts_line(const std::string& text);
// --generic-resource gpu=2; the value is not looked at.
Result<std::pair<std::string, std::string>> resource_pair(const std::string& text);

Result<void> check_variable(const std::string& text);  // --env
Result<void> check_label(const std::string& text);
Result<void> check_address(const std::string& text);  // --dns
Result<void> check_domain(const std::string& text);   // --dns-search
// Always refused: there are no Windows hosts.
Result<void> check_credential_spec(const std::string& text);

}  // namespace skein::cli
