// How GET /events writes an event, by the client's version and by the content type that it asks for. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "io/http/message.h"

namespace skein::api {

class EventFormat {
 public:
  // Up to 1.51 application/json, later application/jsonl, unless the Accept header names application/jsonl,
  // application/x-ndjson or application/json-seq itself; wildcards do not count.
  static EventFormat of(const io::http::Headers& headers, io::http::ApiVersion version);

  const std::string& content_type() const { return content_type_; }
  // Empty for events that the version did not have. Up to 1.51 events of containers and images have `status`, `id` and
  // `from` besides.
  std::string write(nlohmann::json event) const;

 private:
  EventFormat(std::string content_type, io::http::ApiVersion version)
      : content_type_(std::move(content_type)), version_(version) {}

  std::string content_type_;
  io::http::ApiVersion version_;
};

}  // namespace skein::api
