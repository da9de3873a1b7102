#include "cmd/lab/arguments.h"

#include <charconv>
#include <map>

namespace skein::lab {
namespace {

Error wrong(const std::string& what) { return make_error(Code::kInvalidArgument, what, {}, "see `skein lab --help`"); }

struct Shape {
  Verb verb;
  size_t names_min;  // LAB [MACHINE [PEER]]
  size_t names_max;
  const char* synopsis;
};

const std::map<std::string, Shape, std::less<>> kShapes = {
    {"exec", {Verb::kExec, 2, 2, "exec LAB MACHINE -- COMMAND…"}},
    {"ls", {Verb::kList, 0, 0, "ls"}},
    {"kill", {Verb::kKill, 2, 2, "kill LAB HOST"}},
    {"start", {Verb::kStart, 2, 2, "start LAB HOST"}},
    {"reboot", {Verb::kReboot, 2, 2, "reboot LAB MACHINE"}},
    {"cut", {Verb::kCut, 2, 3, "cut LAB MACHINE [MACHINE]"}},
    {"heal", {Verb::kHeal, 1, 1, "heal LAB"}},
    {"down", {Verb::kDown, 1, 1, "down LAB"}},
};

Result<int> parse_count(const std::string& flag, const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty())
    return wrong(flag + " needs a number, not '" + text + "'");
  return value;
}

Result<Order> parse_up(std::span<const std::string> arguments) {
  Order order;
  order.verb = Verb::kUp;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string flag = arguments[i];
    std::string value;
    if (const size_t equals = flag.find('='); equals != std::string::npos) {
      value = flag.substr(equals + 1);
      flag.resize(equals);
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    } else {
      return wrong("'skein lab up' does not take '" + flag + "' without a value");
    }
    if (flag == "--name") {
      order.spec.name = value;
      continue;
    }
    if (flag == "--engine") {
      order.spec.engine = value;
      continue;
    }
    int* const field = flag == "--hosts"     ? &order.spec.hosts
                       : flag == "--clients" ? &order.spec.clients
                       : flag == "--mtu"     ? &order.spec.mtu
                                             : nullptr;
    if (field == nullptr) return wrong("'skein lab up' does not know '" + flag + "'");
    SKEIN_TRY_ASSIGN(*field, parse_count(flag, value));
  }
  SKEIN_TRY(check_spec(order.spec));
  return order;
}

}  // namespace

std::string usage() {
  return R"(Usage: skein lab COMMAND

Simulated hosts on this machine, each with its own network, processes and skeind

Commands:
  up [--name LAB] [--hosts N] [--clients N] [--mtu BYTES] [--engine podman|process]
                               make a lab (default: lab, 2 hosts, no clients, 1500, podman)
  exec LAB MACHINE -- COMMAND… run a command on a host or client; skein and docker talk to its daemon
  ls                           the labs, their machines and whether their daemons run
  kill LAB HOST                kill -9 the host's skeind
  start LAB HOST               start it again
  reboot LAB MACHINE           as if its power failed: processes, /run and network state go, disks stay
  cut LAB MACHINE [MACHINE]    drop all packets between a machine and the others, or between two machines
  heal LAB                     undo every cut
  down LAB                     remove the lab and all that belongs to it

Hosts are host-1 (192.168.1.11, fd00:1::11), host-2 (192.168.1.12, fd00:1::12) and so on;
clients are client-1 (192.168.1.101, fd00:1::101) and so on.
)";
}

Result<Order> parse_arguments(std::span<const std::string> arguments) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") return Order{};
  if (arguments[0] == "up") return parse_up(arguments.subspan(1));

  const auto found = kShapes.find(arguments[0]);
  if (found == kShapes.end()) return wrong("'skein lab' has no command '" + arguments[0] + "'");
  const Shape& shape = found->second;
  arguments = arguments.subspan(1);

  Order order;
  order.verb = shape.verb;
  std::span<const std::string> names = arguments;
  if (shape.verb == Verb::kExec) {
    names = arguments.first(std::min<size_t>(2, arguments.size()));
    auto command = arguments.subspan(names.size());
    if (!command.empty() && command[0] == "--") command = command.subspan(1);
    order.command.assign(command.begin(), command.end());
    if (command.empty()) return wrong(std::string("usage: skein lab ") + shape.synopsis);
  }
  if (names.size() < shape.names_min || names.size() > shape.names_max)
    return wrong(std::string("usage: skein lab ") + shape.synopsis);
  if (!names.empty()) {
    order.lab = names[0];
    SKEIN_TRY(check_lab_name(order.lab));
  }
  if (names.size() > 1) order.machine = names[1];
  if (names.size() > 2) order.peer = names[2];
  if (!order.peer.empty() && order.peer == order.machine) return wrong("a machine cannot be cut from itself");
  return order;
}

}  // namespace skein::lab
