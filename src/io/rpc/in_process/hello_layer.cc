#include "io/rpc/in_process/hello_layer.h"

#include <array>
#include <utility>

namespace skein::rpc {
namespace {

// Each field after its size, of four bytes.
void put_field(std::string& out, std::string_view field) {
  const auto size = static_cast<uint32_t>(field.size());
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift));
  out += field;
}

// False while it is not all there.
bool take_field(std::string_view& in, std::string& field) {
  if (in.size() < 4) return false;
  uint32_t size = 0;
  for (int i = 0; i < 4; ++i) size = size << 8 | static_cast<uint8_t>(in[static_cast<size_t>(i)]);
  if (in.size() - 4 < size) return false;
  field = in.substr(4, size);
  in.remove_prefix(4 + size_t{size});
  return true;
}

}  // namespace

HelloLayer::HelloLayer(Role role, const Peer& own) {
  for (const auto& field : {own.common_name, own.organizational_unit, own.organization, own.certificate_der})
    put_field(hello_, field);
  if (role == Role::kClient) output_ = std::exchange(hello_, {});
}

Result<void> HelloLayer::receive(std::string_view bytes, std::string& plain) {
  if (is_open_) return plain += bytes, Result<void>();
  early_ += bytes;
  std::string_view left = early_;
  Peer peer;
  for (auto* field : {&peer.common_name, &peer.organizational_unit, &peer.organization, &peer.certificate_der})
    if (!take_field(left, *field)) return {};
  peer.has_certificate = !peer.certificate_der.empty();
  peer_ = std::move(peer);
  plain += left;
  early_.clear();
  output_ += std::exchange(hello_, {});
  is_open_ = true;
  return {};
}

Result<void> HelloLayer::send(std::string_view plain) {
  output_ += plain;
  return {};
}

}  // namespace skein::rpc
