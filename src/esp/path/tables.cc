#include "esp/path/tables.h"

#include <algorithm>

namespace skein::esp {
namespace {

SaForm form_of(const Peer& peer) { return {peer.icv_bytes, peer.has_esn, peer.has_window}; }

uint64_t inbound_key(Ipv4 source, uint32_t spi) { return uint64_t{source.value} << 32 | spi; }

SaStatus status_of(const OutboundSa& sa) { return {sa.spi, sa.packets, sa.bytes, 0, 0}; }
SaStatus status_of(const InboundSa& sa) { return {sa.spi, sa.packets, sa.bytes, sa.replayed, sa.failed}; }

}  // namespace

Result<std::shared_ptr<const Tables>> Tables::make(const Config& config, const Tables* before, SaMaker maker) {
  auto tables = std::make_shared<Tables>();
  tables->local_ = config.local;
  tables->vxlan_port_ = config.vxlan_port;
  for (const Peer& peer : config.peers) {
    auto made = std::make_unique<PeerTables>();
    made->peer = peer;
    if (peer.out) {
      SKEIN_TRY_ASSIGN(made->out, tables->keep_or_make_outbound(peer, before, maker));
    }
    for (const Sa& sa : peer.in) {
      SKEIN_TRY_ASSIGN(auto inbound, tables->keep_or_make_inbound(peer, sa, before, maker));
      tables->inbound_[inbound_key(peer.address, sa.spi)] = {made.get(), inbound.get()};
      made->in.push_back(std::move(inbound));
    }
    tables->by_address_[peer.address.value] = made.get();
    tables->peers_.push_back(std::move(made));
  }
  return std::shared_ptr<const Tables>(std::move(tables));
}

Result<std::shared_ptr<OutboundSa>> Tables::keep_or_make_outbound(const Peer& peer, const Tables* before,
                                                                  SaMaker maker) const {
  if (before) {
    auto known = before->by_address_.find(peer.address.value);
    if (known != before->by_address_.end() && known->second->peer.out == peer.out &&
        known->second->out->form == form_of(peer))
      return known->second->out;
  }
  SKEIN_TRY_ASSIGN(auto last_sent, maker.state.take_outbound(peer.address, *peer.out));
  return std::make_shared<OutboundSa>(*peer.out, form_of(peer),
                                      maker.aead.make_key(peer.out->key, Direction::kSeal, maker.threads),
                                      std::move(last_sent), maker.random.u64());
}

Result<std::shared_ptr<InboundSa>> Tables::keep_or_make_inbound(const Peer& peer, const Sa& sa, const Tables* before,
                                                                SaMaker maker) const {
  if (before) {
    if (auto known = before->by_address_.find(peer.address.value); known != before->by_address_.end()) {
      const PeerTables& old = *known->second;
      for (size_t i = 0; i < old.in.size(); ++i)
        if (old.peer.in[i] == sa && old.in[i]->form == form_of(peer)) return old.in[i];
    }
  }
  SKEIN_TRY_ASSIGN(auto window, maker.state.take_inbound(peer.address, sa));
  return std::make_shared<InboundSa>(sa, form_of(peer), maker.aead.make_key(sa.key, Direction::kOpen, maker.threads),
                                     std::move(window));
}

InboundMatch Tables::find(Ipv4 source, uint32_t spi) const {
  auto found = inbound_.find(inbound_key(source, spi));
  return found == inbound_.end() ? InboundMatch{} : found->second;
}

std::vector<PeerStatus> Tables::status() const {
  std::vector<PeerStatus> all;
  for (const auto& tables : peers_) {
    PeerStatus status{tables->peer.address, tables->peer.form, std::nullopt, {}};
    if (tables->out) status.out = status_of(*tables->out);
    for (const auto& sa : tables->in) status.in.push_back(status_of(*sa));
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace skein::esp
