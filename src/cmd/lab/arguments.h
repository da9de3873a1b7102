// The command line of `skein lab`, as a value.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cmd/lab/network/layout.h"

namespace skein::lab {

enum class Verb { kHelp, kUp, kExec, kList, kKill, kStart, kReboot, kCut, kHeal, kDown };

struct Order {
  Verb verb = Verb::kHelp;
  Spec spec;                         // kUp
  std::string lab;                   // all but kUp, kList and kHelp
  std::string machine;               // kExec, kKill, kStart, kReboot, kCut
  std::string peer;                  // kCut, empty: everybody
  std::vector<std::string> command;  // kExec, never empty
  bool operator==(const Order&) const = default;
};

// What `skein lab --help` prints.
std::string usage();

// `arguments` are those after "lab". Names are checked for their form only.
Result<Order> parse_arguments(std::span<const std::string> arguments);

}  // namespace skein::lab
