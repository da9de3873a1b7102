// Info, versions and events as text. Pure.
#pragma once

#include <string>

#include "cmd/cli/words/json.h"

namespace skein::cli {

std::string client_info_text();
std::string server_info_text(const Json& info);  // each line indented by one
// `api_version`: what the server speaks, empty when nobody answers.
std::string client_version_text(const std::string& api_version);
std::string server_version_text(const Json& version);
// "2026-11-22T21:17:42.201034331Z network remove s1zfm… (name=privnet)"
std::string event_text(const Json& event);

}  // namespace skein::cli
