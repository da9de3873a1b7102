// An address of this host by which its own containers reach it.
#pragma once

#include "base/address.h"
#include "base/result.h"

namespace skein::kernel::net {

// The one that packets to the outside would bear; without a default route, the first of an interface that is up and
// no loopback. kUnavailable if there is none.
Result<Ipv4> own_address();

}  // namespace skein::kernel::net
