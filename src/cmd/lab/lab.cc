#include "cmd/lab/lab.h"

#include <unistd.h>

#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

#include "cmd/lab/arguments.h"
#include "cmd/lab/build.h"
#include "cmd/lab/host/control.h"
#include "cmd/lab/host/daemons.h"
#include "cmd/lab/host/enter.h"
#include "cmd/lab/host/state.h"

namespace skein::lab {
namespace {

Result<void> up(const Spec& spec) {
  SKEIN_TRY(make_lab(spec));
  std::cout << "Lab " << spec.name << " is up:\n";
  for (const Machine& machine : machines_of(spec))
    std::cout << "  " << std::left << std::setw(11) << machine.name << machine.ipv4 << "  " << machine.ipv6 << "\n";
  std::cout << "Try: skein lab exec " << spec.name << " host-1 -- skein info\n";
  return {};
}

void print_row(const std::string& lab, const std::string& machine, const std::string& address,
               const std::string& daemon) {
  std::cout << std::left << std::setw(22) << lab << std::setw(12) << machine << std::setw(16) << address << daemon
            << "\n";
}

Result<void> list() {
  print_row("LAB", "MACHINE", "ADDRESS", "DAEMON");
  for (const std::string& lab : list_labs()) {
    const auto spec = load_spec(lab);
    if (!spec.ok()) {
      print_row(lab, "-", "-", "half-made; remove it with `skein lab down " + lab + "`");
      continue;
    }
    for (const Machine& machine : machines_of(*spec)) {
      const auto status = ask_control(lab, machine.name, "status");
      print_row(lab, machine.name, machine.ipv4, status.ok() ? *status : "gone: " + status.error().what);
    }
  }
  return {};
}

Result<Machine> host_of(const Order& order) {
  SKEIN_TRY_ASSIGN(const Spec spec, load_spec(order.lab));
  return find_machine(spec, order.machine);
}

Result<int> execute(const Order& order) {
  SKEIN_TRY(host_of(order));
  return run_on_machine(order.lab, order.machine, order.command);
}

Result<void> kill_host(const Order& order) {
  SKEIN_TRY(host_of(order));
  return kill_daemon(order.lab, order.machine);
}

Result<void> start_host(const Order& order) {
  SKEIN_TRY(host_of(order));
  SKEIN_TRY(start_daemon(order.lab, order.machine));
  return await_daemon(order.lab, order.machine);
}

Result<void> reboot(const Order& order) {
  SKEIN_TRY_ASSIGN(const Machine machine, host_of(order));
  SKEIN_TRY(reboot_machine(order.lab, machine));
  if (machine.has_daemon) SKEIN_TRY(await_daemon(order.lab, machine.name));
  return {};
}

// The exit status.
Result<int> obey(const Order& order) {
  if (order.verb == Verb::kHelp) {
    std::cout << usage();
    return 0;
  }
  if (geteuid() != 0) return make_error(Code::kPermissionDenied, "skein lab needs root", {}, "use sudo");
  switch (order.verb) {
    case Verb::kExec: return execute(order);
    case Verb::kUp: SKEIN_TRY(up(order.spec)); break;
    case Verb::kList: SKEIN_TRY(list()); break;
    case Verb::kKill: SKEIN_TRY(kill_host(order)); break;
    case Verb::kStart: SKEIN_TRY(start_host(order)); break;
    case Verb::kReboot: SKEIN_TRY(reboot(order)); break;
    case Verb::kCut: SKEIN_TRY(cut_off(order.lab, order.machine, order.peer)); break;
    case Verb::kHeal: SKEIN_TRY(heal(order.lab)); break;
    case Verb::kDown: SKEIN_TRY(remove_lab(order.lab)); break;
    case Verb::kHelp: break;
  }
  return 0;
}

}  // namespace

int lab_main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto order = parse_arguments(arguments);
  if (!order.ok()) {
    std::cerr << "skein lab: " << order.error().text() << "\n";
    return 2;
  }
  const auto status = obey(*order);
  if (status.ok()) return *status;
  std::cerr << "skein lab: " << status.error().text() << "\n";
  return 1;
}

}  // namespace skein::lab
