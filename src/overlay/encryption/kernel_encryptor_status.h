// What a kernel's XFRM counts, as an encryptor tells it; and the text of an epoch in its file. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "esp/control/control.h"
#include "kernel/xfrm/messages.h"

namespace skein::overlay {

// Of the config's peers. A kernel counts the bytes of ESP packets.
esp::Status kernel_status(const esp::Config& config, const std::vector<kernel::xfrm::SeenState>& states,
                          std::map<std::string, uint64_t> drops);

std::string format_epoch(uint64_t epoch);  // 16 hex digits
Result<uint64_t> parse_epoch(const std::string& text);

}  // namespace skein::overlay
