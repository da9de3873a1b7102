// Operations in words, for logs and error messages.
#include "plan/diff.h"

namespace skein::plan {
namespace {

struct Describe {
  std::string operator()(const ReplaceFirewall&) const { return "replace the firewall's rules"; }
  std::string operator()(const EnableForwarding&) const { return "enable IPv4 forwarding"; }
  std::string operator()(const SetTunnel& op) const {
    return "set the tunnel endpoint to " + op.address.text() + ":" + std::to_string(op.port);
  }
  std::string operator()(const AttachUnderlay& op) const {
    return "take tunnel packets from interface " + std::to_string(op.interface_index);
  }
  std::string operator()(const DetachUnderlay& op) const {
    return "take no more tunnel packets from interface " + std::to_string(op.interface_index);
  }
  std::string operator()(const HoldPort& op) const {
    return op.port ? "hold port " + std::to_string(*op.port) + " by an idle vxlan device"
                   : "delete the idle vxlan device";
  }
  std::string operator()(const SetEspDevice& op) const {
    return op.device != EspDevice::kNone ? "make the device for encryption" : "delete the device for encryption";
  }
  std::string operator()(const SetMesh& op) const {
    return op.mesh ? "make the device of the routing mesh" : "delete the device of the routing mesh";
  }
  std::string operator()(const SetMeshPorts& op) const { return "set published ports" + counts(op); }
  std::string operator()(const SetHosts& op) const { return "set paths to hosts" + counts(op); }
  std::string operator()(const SetEndpoints& op) const { return "set endpoints" + counts(op); }
  std::string operator()(const SetServices& op) const { return "set services" + counts(op); }
  std::string operator()(const SetFloods& op) const { return "set broadcast receivers" + counts(op); }
  std::string operator()(const DeleteLink& op) const { return "delete link " + op.host_interface; }
  std::string operator()(const CreateLink& op) const { return "create link " + of(op.link); }
  std::string operator()(const SetMtu& op) const {
    return "set MTU " + std::to_string(op.link.mtu_bytes) + " of link " + of(op.link);
  }
  std::string operator()(const SetDefaultRoute& op) const {
    return (op.link.endpoint.has_default_route ? "add default route to link " : "remove default route from link ") +
           of(op.link);
  }
  std::string operator()(const SettleLink& op) const { return "settle link " + of(op.link); }
  std::string operator()(const DeleteRoute& op) const {
    return "delete host route to " + op.address.text() + " through " + op.host_interface;
  }

 private:
  static std::string of(const LinkIntent& link) { return link.host_interface + " for " + link.endpoint.address.text(); }
  template <class Set>
  static std::string counts(const Set& set) {
    return ": " + std::to_string(set.upserts.size()) + " set, " + std::to_string(set.deletes.size()) + " removed";
  }
};

}  // namespace

std::string text(const Operation& operation) { return std::visit(Describe{}, operation); }

}  // namespace skein::plan
