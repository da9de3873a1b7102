// Who a certificate says that its holder is. Pure.
#pragma once

#include <openssl/x509.h>

#include <string>

#include "base/result.h"
#include "io/rpc/peer.h"

namespace skein::rpc {

// Address and port are left empty.
Peer peer_of(X509& certificate);
// Of the first certificate in `chain_pem`; kInvalidArgument when there is none.
Result<Peer> peer_of_chain(const std::string& chain_pem);

}  // namespace skein::rpc
