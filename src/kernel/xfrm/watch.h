// Tells when somebody else has changed XFRM: who deletes or flushes states or policies may have taken ours. One thread.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "kernel/net/links/notices.h"

namespace skein::kernel::xfrm {

class Watch {
 public:
  // Watches the caller's network namespace.
  static Result<Watch> open();

  // Readable when something has changed. Stays owned by the watch.
  int fd() const { return notices_.fd(); }

  // Takes the waiting events; true if something was deleted by another than the socket of that number, or if events
  // were lost.
  bool take_events(uint32_t own_port_id);

 private:
  explicit Watch(net::Notices notices) : notices_(std::move(notices)) {}

  net::Notices notices_;
};

}  // namespace skein::kernel::xfrm
