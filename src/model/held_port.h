// How a node tells that a published port is held by a program of its host: by a label of its engine, which every
// manager takes and shows, "skein.port.8080/tcp=nginx (pid 812)".
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/proto/objects.pb.h"

namespace skein::model {

struct HeldPort {
  docker::swarmkit::v1::PortConfig::Protocol protocol = docker::swarmkit::v1::PortConfig::TCP;
  uint32_t number = 0;
  auto operator<=>(const HeldPort&) const = default;

  // "8080", "8080/udp": as users write ports.
  std::string text() const;
  std::string label() const;
  // None if the label means something else.
  static std::optional<HeldPort> of_label(std::string_view label);
};

}  // namespace skein::model
