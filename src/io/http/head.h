// The text of message heads and chunks, shared by server and client. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/time/clock.h"
#include "io/http/message.h"

namespace skein::io::http {

// "Not Found" for 404; empty for a number that has no name.
std::string_view reason_of(int status);

// "Name: value\r\n" for each field. Line breaks inside values become blanks, so that no value can add a field.
std::string format_fields(const Headers& headers);

std::string format_response_head(int status, std::string_view reason, const Headers& headers);
std::string format_request_head(std::string_view method, std::string_view target, const Headers& headers);

// One chunk (RFC 9112 section 7.1); `bytes` must not be empty, since an empty chunk ends the body.
std::string format_chunk(std::string_view bytes);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// "Sun, 22 Nov 2026 22:40:32 GMT" (RFC 9110 section 5.6.7).
std::string format_http_date(WallTime time);

}  // namespace skein::io::http
