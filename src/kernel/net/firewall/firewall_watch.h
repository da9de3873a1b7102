// Tells when somebody has changed tables of nft that bear our name, as who flushes the whole ruleset does. One thread.
#pragma once

#include "base/result.h"
#include "kernel/net/links/notices.h"

namespace skein::kernel::net {

class FirewallWatch {
 public:
  // Watches the caller's network namespace.
  static Result<FirewallWatch> open();

  // Readable when some table has changed. Stays owned by the watch.
  int fd() const { return notices_.fd(); }

  // Takes the waiting events; true if one was about a table of our name, by whomever, or if events were lost.
  bool take_events();

 private:
  explicit FirewallWatch(Notices notices) : notices_(std::move(notices)) {}

  Notices notices_;
};

}  // namespace skein::kernel::net
