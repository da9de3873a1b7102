// The JSON in a request's body, as Docker's daemon reads it. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "api/requests/decode.h"
#include "io/http/message.h"

namespace skein::api {

// The body decoded; no body at all is one without members. kInvalidArgument in Docker's words for another Content-Type,
// broken JSON, values of other types, and what stands behind the JSON.
Result<nlohmann::json> body_of(const io::http::Request& request, const schema::Schema& schema);

}  // namespace skein::api
