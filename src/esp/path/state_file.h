// What must not be lost when the worker is killed: sequence numbers sent, windows of those received, and an epoch that
// tells one life of these numbers from the next.
//
// The file is mapped, and counters and windows are used where they lie, so a killed worker leaves nothing unwritten. It
// belongs on a tmpfs: it means nothing after a reboot. A file that is damaged, of another version or of another kind is
// replaced by a new one with a new epoch. One process at a time holds it (flock).
//
// An SA finds its entry by a hash of direction, peer, SPI and key; no key is in the file. Entries of SAs that are gone
// stay, so that one that comes back with its key goes on too, until others need the room: the one gone longest first.
//
// Threads: entries are taken by one thread and may be given back by any. What an entry holds belongs to its user.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time/clock.h"
#include "esp/control/config.h"
#include "esp/crypto/aead.h"
#include "esp/crypto/replay_window.h"

namespace skein::esp {

// Side: each peer's outbound SA, and those of some rotations before; inbound, three of them. The file has holes where
// nothing was used.
constexpr size_t kOutboundEntries = 2 * kPeersMax;
constexpr size_t kInboundEntries = 6 * kPeersMax;

class StateFile : public std::enable_shared_from_this<StateFile> {
 public:
  // An empty path: memory only, for tests and for who needs no restart.
  static Result<std::shared_ptr<StateFile>> open(const std::string& path, Random& random,
                                                 const Clock& clock = system_clock());
  ~StateFile();
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  // The second in which the file was made, and below it 32 random bits: of two epochs of a host the greater is the
  // later one, as long as its clock is not set back.
  uint64_t epoch() const;

  // Held as long as the pointer lives, which keeps the file mapped. The same SA gives the same entry, so one that is
  // replaced goes on in its successor. Not ok when all entries are held by others.
  Result<std::shared_ptr<std::atomic<uint64_t>>> take_outbound(Ipv4 peer, const Sa& sa);
  Result<std::shared_ptr<WindowState>> take_inbound(Ipv4 peer, const Sa& sa);

 private:
  struct Header;
  struct OutboundEntry;
  struct InboundEntry;
  struct Layout;
  // Entries of one direction: which are held now, and where each identity is.
  struct Side {
    std::map<uint64_t, size_t> by_id;
    std::vector<uint8_t> holders;           // how many, by index
    std::atomic<uint64_t>* used = nullptr;  // entries behind were never used; in the file
  };

  StateFile(Descriptor file, Layout* layout);
  template <class Entry>
  void read_side(Entry* entries, size_t count, std::atomic<uint64_t>& used, Side& side);
  template <class Entry>
  Result<size_t> take(Entry* entries, size_t count, Side& side, uint64_t id);
  template <class Entry>
  void give_back(Entry* entries, Side& side, size_t index);

  Descriptor file_;
  Layout* layout_;
  std::mutex mutex_;  // of both sides: SAs are dropped by whichever thread used them last
  Side outbound_, inbound_;
};

}  // namespace skein::esp
