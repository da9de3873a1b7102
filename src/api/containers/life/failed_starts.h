// Starts that failed when the container was attached to: Podman prepares a container then, and removes it at once if it
// has --rm. Docker's clients want to hear of it from `start`, which comes later. Loop's thread.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "containers/housing/network_request.h"
#include "io/http/message.h"

namespace skein::api {

class FailedStarts {
 public:
  void remember(const containers::ContainerIdentity& container, io::http::Response response);
  // The answer that is due to the start of a container which is gone; `reference`: its id, a short id, or its name.
  std::optional<io::http::Response> find(const std::string& reference) const;

 private:
  struct Entry {
    containers::ContainerIdentity container;
    io::http::Response response;
  };
  // A client starts right after it has attached; more clients than these are hardly between the two.
  static constexpr size_t kEntriesMax = 64;
  std::deque<Entry> entries_;
};

}  // namespace skein::api
