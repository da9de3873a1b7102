// The bodies of requests.
#pragma once

#include "api/requests/schema.h"

namespace skein::api::schema {

extern const Schema kContainerBody;  // POST /containers/create
extern const Schema kContainerUpdateBody;
extern const Schema kExecBody;
extern const Schema kExecStartBody;
extern const Schema kVolumeBody;
extern const Schema kMountSchema;
extern const Schema kEndpointSettings;

extern const Schema kNetworkBody;
extern const Schema kConnectBody;
extern const Schema kDisconnectBody;

extern const Schema kServiceBody;
extern const Schema kSecretBody;
extern const Schema kConfigBody;
extern const Schema kNodeBody;
extern const Schema kSwarmBody;
extern const Schema kInitBody;
extern const Schema kJoinBody;
extern const Schema kUnlockBody;

}  // namespace skein::api::schema
