#include "kernel/datapath/datapath.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <endian.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "base/log.h"
#include "kernel/bpf/datapath.skel.h"
#include "kernel/bpf/pins.h"
#include "kernel/datapath/datapath_state.h"
#include "kernel/net/links/namespace.h"

namespace skein::kernel {
namespace {

// BPF_F_ADJ_ROOM_ENCAP_L2_ETH, without which large frames cannot be sent into the tunnel whole.
constexpr int kKernelMajorMin = 5, kKernelMinorMin = 13;

// libbpf's last complaint: its functions return only an errno.
std::string g_last_complaint;  // written and read on the loop's thread, by open() alone

int keep_complaint(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN) return 0;
  char line[512];
  vsnprintf(line, sizeof(line), format, arguments);
  g_last_complaint = line;
  std::erase(g_last_complaint, '\n');
  return 0;
}

Result<void> check_kernel() {
  utsname name{};
  int major = 0, minor = 0;
  if (uname(&name) != 0 || sscanf(name.release, "%d.%d", &major, &minor) != 2)
    return make_error(Code::kInternal, "read the kernel's version");
  if (major > kKernelMajorMin || (major == kKernelMajorMin && minor >= kKernelMinorMin)) return {};
  return make_error(Code::kUnimplemented, "load the data path", std::string("the kernel is ") + name.release,
                    "use Linux 5.13 or later");
}

Error load_failure(int failed) {
  Code code = failed == -EPERM || failed == -EACCES ? Code::kPermissionDenied : Code::kUnimplemented;
  return make_error(code, "load the data path's programs",
                    std::string(strerror(-failed)) + (g_last_complaint.empty() ? "" : "; " + g_last_complaint),
                    code == Code::kPermissionDenied ? "run as root" : "");
}

bool has_link_layer(uint32_t interface) {
  auto address = hardware_address(interface);
  return !address.ok() || address->sa_family == ARPHRD_ETHER || address->sa_family == ARPHRD_LOOPBACK;
}

bpf::Device device_of(const skein_attachment& attachment) {
  return attachment.kind == SKEIN_UNDERLAY ? bpf::Device::kOfHost : bpf::Device::kOurs;
}

uint32_t mask_of(uint8_t prefix_bits) { return htobe32((Subnet{{}, prefix_bits}.mask())); }

}  // namespace

Result<sockaddr> hardware_address(uint32_t interface) {
  net::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  if (if_indextoname(interface, request.ifr_name) && ioctl(socket.get(), SIOCGIFHWADDR, &request) == 0)
    return request.ifr_hwaddr;
  return make_error(Code::kNotFound, "read the MAC of interface " + std::to_string(interface), strerror(errno));
}

std::string interface_name(uint32_t interface) {
  char name[IF_NAMESIZE];
  return if_indextoname(interface, name) ? name : "";
}

void DataPath::State::CloseSkeleton::operator()(datapath_bpf* skeleton) const { datapath_bpf__destroy(skeleton); }

int DataPath::State::program_for(uint32_t interface, const skein_attachment& attachment) const {
  if (attachment.kind == SKEIN_ENDPOINT) return bpf_program__fd(skeleton->progs.from_container);
  if (attachment.kind == SKEIN_MESH) return bpf_program__fd(skeleton->progs.from_host);
  if (attachment.kind == SKEIN_ESP) return bpf_program__fd(skeleton->progs.from_esp);
  if (attachment.kind == SKEIN_KERNEL_ESP) return bpf_program__fd(skeleton->progs.from_kernel_esp);
  return bpf_program__fd(has_link_layer(interface) ? skeleton->progs.from_underlay : skeleton->progs.from_underlay_ip);
}

int DataPath::State::counters_fd() const { return bpf_map__fd(skeleton->maps.counters); }

// Gives every interface of an earlier process the programs of this one; forgets interfaces that are gone.
Result<void> DataPath::State::attach_all_again() {
  SKEIN_TRY_ASSIGN(auto rows, attachments.rows());
  for (const auto& [interface, attachment] : rows) {
    if (interface_name(interface).empty()) {
      SKEIN_TRY(hooks.detach(interface, device_of(attachment)));
      SKEIN_TRY(attachments.erase(interface));
      continue;
    }
    SKEIN_TRY(hooks.attach(interface, program_for(interface, attachment), device_of(attachment)));
  }
  return {};
}

DataPath::DataPath(std::unique_ptr<State> state) : state_(std::move(state)) {}
DataPath::DataPath(DataPath&&) noexcept = default;
DataPath& DataPath::operator=(DataPath&&) noexcept = default;
DataPath::~DataPath() = default;

Result<DataPath> DataPath::open(const Options& options) {
  SKEIN_TRY(check_kernel());
  auto state = std::make_unique<State>();
  state->directory = options.pin_directory + "/v" + std::to_string(SKEIN_LAYOUT);
  SKEIN_TRY(bpf::make_pin_directory(options.pin_directory));
  SKEIN_TRY(bpf::make_pin_directory(state->directory));

  g_last_complaint.clear();
  libbpf_set_print(keep_complaint);
  state->skeleton.reset(datapath_bpf__open());
  if (!state->skeleton) return load_failure(-errno);
  bpf_map* map;
  bpf_object__for_each_map(map, state->skeleton->obj) {
    // A pinned map is taken over with its content; otherwise the new one is pinned.
    if (bpf_map__name(map) == std::string_view("mesh_scratch")) continue;
    bpf_map__set_pin_path(map, (state->directory + "/" + bpf_map__name(map)).c_str());
  }
  if (int failed = datapath_bpf__load(state->skeleton.get()); failed != 0) return load_failure(failed);

  const auto& maps = state->skeleton->maps;
  state->attachments = {"attachments", bpf_map__fd(maps.attachments)};
  state->endpoints = {"endpoints", bpf_map__fd(maps.endpoints)};
  state->services = {"services", bpf_map__fd(maps.services)};
  state->backends = {"backends", bpf_map__fd(maps.backends)};
  state->flows = {"flows", bpf_map__fd(maps.flows)};
  state->loads = {"loads", bpf_map__fd(maps.loads)};
  state->hosts = {"hosts", bpf_map__fd(maps.hosts)};
  state->floods = {"floods", bpf_map__fd(maps.floods)};
  state->ports = {"ports", bpf_map__fd(maps.ports)};
  state->mesh_flows = {"mesh_flows", bpf_map__fd(maps.mesh_flows)};
  state->mesh = {"mesh", bpf_map__fd(maps.mesh)};
  state->settings = {"settings", bpf_map__fd(maps.settings)};

  bool uses_tcx = !options.uses_clsact && bpf::has_tcx(bpf_program__fd(state->skeleton->progs.from_container));
  state->hooks = bpf::Hooks(state->directory, uses_tcx);
  SKEIN_TRY(state->attach_all_again());
  return DataPath(std::move(state));
}

Result<void> DataPath::set_tunnel(Ipv4 address, uint16_t port) {
  skein_settings settings{};
  (void)state_->settings.find(0, &settings);
  settings.tunnel_address = htobe32(address.value);
  settings.tunnel_port = htobe16(port);
  return state_->settings.put(0, settings);
}

Result<void> DataPath::attach_endpoint(uint32_t host_interface, const EndpointConfig& config) {
  SKEIN_TRY_ASSIGN(sockaddr hardware, hardware_address(host_interface));
  skein_attachment attachment{};
  attachment.kind = SKEIN_ENDPOINT;
  attachment.vni = config.vni.value;
  attachment.address = htobe32(config.address.value);
  attachment.mask = mask_of(config.prefix_bits);
  attachment.gateway = htobe32(config.gateway.value);
  attachment.mtu = config.mtu_bytes;
  attachment.is_internal = config.is_internal;
  attachment.netns = config.netns_id;
  std::copy(config.mac.octets.begin(), config.mac.octets.end(), attachment.mac);
  memcpy(attachment.host_mac, hardware.sa_data, sizeof(attachment.host_mac));
  SKEIN_TRY(state_->attachments.put(host_interface, attachment));
  return state_->hooks.attach(host_interface, state_->program_for(host_interface, attachment), bpf::Device::kOurs);
}

Result<void> DataPath::attach_underlay(uint32_t interface) {
  SKEIN_TRY(hardware_address(interface));
  skein_attachment attachment{};
  attachment.kind = SKEIN_UNDERLAY;
  SKEIN_TRY(state_->attachments.put(interface, attachment));
  return state_->hooks.attach(interface, state_->program_for(interface, attachment), bpf::Device::kOfHost);
}

// The program before packets go there, and the other way round.
Result<void> DataPath::set_esp_device(plan::EspDevice kind, uint32_t interface) {
  const bool is_kernel = kind == plan::EspDevice::kVxlan;
  skein_settings settings{};
  (void)state_->settings.find(0, &settings);
  const uint32_t before = settings.esp_ifindex;
  settings.esp_ifindex = interface;
  settings.esp_is_kernel = is_kernel;
  if (interface) {
    SKEIN_TRY(hardware_address(interface));
    skein_attachment attachment{};
    attachment.kind = is_kernel ? SKEIN_KERNEL_ESP : SKEIN_ESP;
    SKEIN_TRY(state_->attachments.put(interface, attachment));
    SKEIN_TRY(state_->hooks.attach(interface, state_->program_for(interface, attachment), bpf::Device::kOurs));
  }
  SKEIN_TRY(state_->settings.put(0, settings));
  return before && before != interface ? detach(before) : Result<void>();
}

Result<void> DataPath::close(uint32_t interface) {
  SKEIN_TRY(state_->attachments.erase(interface));
  return state_->hooks.attach(interface, bpf_program__fd(state_->skeleton->progs.from_container), bpf::Device::kOurs);
}

Result<void> DataPath::detach(uint32_t interface) {
  skein_attachment attachment{};
  attachment.kind = SKEIN_ENDPOINT;  // as what is closed, of which there is no row
  (void)state_->attachments.find(interface, &attachment);
  SKEIN_TRY(state_->hooks.detach(interface, device_of(attachment)));
  return state_->attachments.erase(interface);
}

bool DataPath::uses_tcx() const { return state_->hooks.uses_tcx(); }

Result<void> DataPath::remove() {
  SKEIN_TRY_ASSIGN(auto rows, state_->attachments.rows());
  for (const auto& [interface, attachment] : rows) SKEIN_TRY(detach(interface));
  bpf::remove_pins(state_->directory);
  return {};
}

}  // namespace skein::kernel
