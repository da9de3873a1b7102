#include "cmd/lab/build.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>

#include "cmd/lab/files/lab_image.h"
#include "cmd/lab/host/cgroups.h"
#include "cmd/lab/host/control.h"
#include "cmd/lab/host/daemons.h"
#include "cmd/lab/host/disk.h"
#include "cmd/lab/host/enter.h"
#include "cmd/lab/host/programs.h"
#include "cmd/lab/host/state.h"
#include "cmd/lab/network/cables.h"
#include "cmd/lab/network/neighbours.h"

namespace skein::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBusybox = "/bin/busybox";

Result<void> run_in_network(pid_t init, const std::vector<std::string>& command, const std::string& input) {
  return run_tool(command, input, [init] { return enter_network(init); });
}

Result<void> make_machine_folders(const Spec& spec, const std::string& machine) {
  SKEIN_TRY(make_folders(state_folder(spec.name, machine)));
  if (machine == kSwitchName) return {};
  for (const char* part : {"skein", "containers", "tmp"})
    SKEIN_TRY(make_folders(storage_folder(spec.name, machine) / part));
  std::error_code ignored;
  fs::permissions(storage_folder(spec.name, machine) / "tmp", static_cast<fs::perms>(01777), ignored);
  return {};
}

Result<std::string> make_image_file(const Spec& spec) {
  const auto busybox = read_file(kBusybox);
  if (!busybox.ok())
    return make_error(Code::kFailedPrecondition, "make the image skein/lab", busybox.error().text(),
                      "install the package busybox-static");
  utsname system{};
  uname(&system);
  std::string image = make_image(*busybox, docker_architecture(system.machine));
  SKEIN_TRY(write_file(state_folder(spec.name) / "image.tar", image));
  return image;
}

Result<pid_t> make_switch(const Spec& spec) {
  const std::string name(kSwitchName);
  SKEIN_TRY(make_machine_folders(spec, name));
  SKEIN_TRY_ASSIGN(const pid_t init, start_init(spec, name, {own_environment(), {}}));
  SKEIN_TRY(run_in_network(init, {"ip", "-batch", "-"}, switch_batch(spec)));
  SKEIN_TRY(run_in_network(init, {"nft", "-f", "-"}, cut_table()));
  return init;
}

Result<void> start_machine(const Spec& spec, const Machine& machine, pid_t switch_init, const Boot& boot) {
  SKEIN_TRY_ASSIGN(const pid_t init, start_init(spec, machine.name, boot));
  SKEIN_TRY(run_in_network(switch_init, {"ip", "-batch", "-"}, plug_batch(spec, machine, init)));
  SKEIN_TRY(run_in_network(init, {"ip", "-batch", "-"}, address_batch(spec, machine)));
  (void)run_in_network(init, {"ip", "-batch", "-"}, congestion_batch(machine));  // without cubic the lab works as well
  if (machine.has_daemon) SKEIN_TRY(start_daemon(spec.name, machine.name));
  return {};
}

Result<void> make_machine(const Spec& spec, const Machine& machine, pid_t switch_init) {
  SKEIN_TRY(make_machine_folders(spec, machine.name));
  Boot boot{own_environment(), {}};
  SKEIN_TRY_ASSIGN(boot.disk, make_disk());
  return start_machine(spec, machine, switch_init, boot);
}

// Its processes, and with them its mounts and all that only they held; its cgroups; its place on the switch.
Result<void> stop_machine(const std::string& lab, const Machine& machine, pid_t switch_init) {
  SKEIN_TRY(kill_inits(lab, machine.name));
  SKEIN_TRY(remove_cgroups(lab, machine.name));
  // The kernel removes the link some time after the network at its other end; it may have done so already.
  (void)run_in_network(switch_init, {"ip", "-batch", "-"}, unplug_batch(machine));
  std::error_code error;
  fs::remove(control_path(lab, machine.name), error);
  return {};
}

Result<void> make_all(const Spec& spec) {
  SKEIN_TRY(make_room_for_neighbours(spec));
  SKEIN_TRY(write_file(state_folder(spec.name) / "lab.json", format_spec(spec)));
  std::string image;
  if (spec.engine != "process") {
    SKEIN_TRY_ASSIGN(image, make_image_file(spec));
  }
  SKEIN_TRY_ASSIGN(const pid_t switch_init, make_switch(spec));
  for (const Machine& machine : machines_of(spec)) SKEIN_TRY(make_machine(spec, machine, switch_init));
  for (const Machine& machine : machines_of(spec)) {
    if (!machine.has_daemon) continue;
    SKEIN_TRY(await_daemon(spec.name, machine.name));
    if (spec.engine != "process") SKEIN_TRY(load_image(spec.name, machine.name, image));
  }
  return {};
}

Result<void> remove_folder(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) return make_error(Code::kInternal, "remove " + folder.string(), error.message());
  return {};
}

// The state folder goes last: as long as it is there, the lab is listed and can be removed again.
Result<void> remove_all_of(const std::string& lab) {
  SKEIN_TRY(kill_inits(lab, {}));
  SKEIN_TRY(remove_cgroups(lab, {}));
  SKEIN_TRY(remove_folder(storage_folder(lab)));
  return remove_folder(state_folder(lab));
}

bool has_anything(const std::string& lab) {
  return fs::exists(state_folder(lab)) || fs::exists(storage_folder(lab)) || !find_inits(lab).empty();
}

}  // namespace

Result<void> make_lab(const Spec& spec) {
  SKEIN_TRY(check_daemon_program());
  SKEIN_TRY_ASSIGN(LabLock lock, LabLock::take(spec.name));
  if (has_anything(spec.name))
    return make_error(Code::kAlreadyExists, "lab " + spec.name + " exists already", {},
                      "remove it with `skein lab down " + spec.name + "`, or choose another --name");
  SKEIN_TRY(make_folders(state_folder(spec.name)));
  fs::permissions("/run/skein-lab", fs::perms::owner_all);
  auto made = make_all(spec);
  if (made.ok()) return made;
  if (auto removed = remove_all_of(spec.name); !removed.ok())
    return with_context(std::move(made).error(), "the half-made lab is still there (" + removed.error().text() + ")");
  lock.remove_file();
  return made;
}

Result<void> remove_lab(const std::string& lab) {
  SKEIN_TRY_ASSIGN(LabLock lock, LabLock::take(lab));
  if (!has_anything(lab)) {
    lock.remove_file();
    return load_spec(lab).error();
  }
  SKEIN_TRY(remove_all_of(lab));
  lock.remove_file();
  return {};
}

Result<void> reboot_machine(const std::string& lab, const Machine& machine) {
  SKEIN_TRY_ASSIGN(const LabLock lock, LabLock::take(lab));
  SKEIN_TRY_ASSIGN(const Spec spec, load_spec(lab));
  SKEIN_TRY_ASSIGN(const pid_t switch_init, find_init(lab, std::string(kSwitchName)));
  SKEIN_TRY_ASSIGN(const pid_t init, find_init(lab, machine.name));
  SKEIN_TRY_ASSIGN(const Boot boot, boot_of(init));
  SKEIN_TRY(stop_machine(lab, machine, switch_init));
  return start_machine(spec, machine, switch_init, boot);
}

Result<void> cut_off(const std::string& lab, const std::string& machine, const std::string& peer) {
  SKEIN_TRY_ASSIGN(const Spec spec, load_spec(lab));
  SKEIN_TRY_ASSIGN(const Machine from, find_machine(spec, machine));
  std::vector<Machine> peers;
  if (peer.empty()) {
    for (const Machine& other : machines_of(spec))
      if (other != from) peers.push_back(other);
  } else {
    SKEIN_TRY_ASSIGN(Machine only, find_machine(spec, peer));
    peers.push_back(std::move(only));
  }
  SKEIN_TRY_ASSIGN(const pid_t init, find_init(lab, std::string(kSwitchName)));
  return run_in_network(init, {"nft", "-f", "-"}, cut_rules(from, peers));
}

Result<void> heal(const std::string& lab) {
  SKEIN_TRY(load_spec(lab));
  SKEIN_TRY_ASSIGN(const pid_t init, find_init(lab, std::string(kSwitchName)));
  return run_in_network(init, {"nft", "-f", "-"}, heal_rules());
}

}  // namespace skein::lab
