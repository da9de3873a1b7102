// Open files handed from process to process (unix(7), SCM_RIGHTS).
#pragma once

#include <sys/types.h>

#include <span>
#include <vector>

#include "base/descriptor.h"

namespace skein::io {

inline constexpr size_t kDescriptorsMax = 8;  // at once

// With one byte, which is no text of anybody's. False, with errno, when it cannot be sent now.
bool send_descriptors(int socket, std::span<const int> descriptors, int flags = 0);

struct ReceivedDescriptors {
  ssize_t size = 0;                     // of the bytes that came with them; 0 at the end, -1 with errno
  std::vector<Descriptor> descriptors;  // close-on-exec
};
ReceivedDescriptors receive_descriptors(int socket, int flags = 0);

}  // namespace skein::io
