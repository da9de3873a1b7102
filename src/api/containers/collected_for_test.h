// A client that keeps what it was sent.
#pragma once

#include <string>

#include "io/http/message.h"

namespace skein::api {

class Collected final : public io::http::BodySink {
 public:
  boost::asio::awaitable<Result<void>> write(std::string_view bytes) override {
    if (is_broken) co_return make_error(Code::kUnavailable, "gone");
    text += bytes;
    co_return Result<void>();
  }
  std::string text;
  bool is_broken = false;
};

}  // namespace skein::api
