#include "esp/path/state_file.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace skein::esp {

constexpr uint64_t kMagic = 0x736b65696e657370;  // "skeinesp"
constexpr uint64_t kVersion = 1;

struct StateFile::Header {
  uint64_t magic, version, outbound_entries, inbound_entries, epoch;
  uint64_t check;                                     // of the fields above
  std::atomic<uint64_t> departures;                   // counts entries given back, to tell which is gone longest
  std::atomic<uint64_t> outbound_used, inbound_used;  // entries behind were never used
};

struct StateFile::OutboundEntry {
  std::atomic<uint64_t> id;  // 0: free
  std::atomic<uint64_t> departed;
  std::atomic<uint64_t> last_sent;
  void clear() { last_sent = 0; }
};

struct StateFile::InboundEntry {
  std::atomic<uint64_t> id;
  std::atomic<uint64_t> departed;
  WindowState window;
  void clear() {
    window.top = 0;
    for (auto& word : window.words) word = 0;
  }
};

struct StateFile::Layout {
  alignas(4096) Header header;
  alignas(4096) OutboundEntry outbound[kOutboundEntries];
  alignas(4096) InboundEntry inbound[kInboundEntries];
};

namespace {

uint64_t hash_of(std::string_view bytes) {
  uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), digest);
  uint64_t value;
  std::memcpy(&value, digest, sizeof value);
  return value;
}

uint64_t identity(char direction, Ipv4 peer, const Sa& sa) {
  std::array<char, 1 + 4 + 4 + Key::kBytes> bytes;
  bytes[0] = direction;
  std::memcpy(&bytes[1], &peer.value, 4);
  std::memcpy(&bytes[5], &sa.spi, 4);
  std::memcpy(&bytes[9], sa.key.bytes().data(), Key::kBytes);
  const uint64_t id = hash_of({bytes.data(), bytes.size()});
  std::fill(bytes.begin(), bytes.end(), 0);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return id == 0 ? 1 : id;
}

template <class Header>
uint64_t check_of(const Header& header) {
  const uint64_t fields[] = {header.magic, header.version, header.outbound_entries, header.inbound_entries,
                             header.epoch};
  return hash_of({reinterpret_cast<const char*>(fields), sizeof fields});
}

Error file_error(const std::string& path, const char* what) {
  return make_error(Code::kUnavailable, "state file " + path, std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

Result<std::shared_ptr<StateFile>> StateFile::open(const std::string& path, Random& random, const Clock& clock) {
  Descriptor file(path.empty() ? memfd_create("skein-esp", MFD_CLOEXEC)
                               : ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return file_error(path, "open");
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) return file_error(path, "another worker has it");
  struct stat found {};
  if (fstat(file.get(), &found) != 0) return file_error(path, "stat");
  const bool has_size = found.st_size == static_cast<off_t>(sizeof(Layout));
  if (!has_size && (ftruncate(file.get(), 0) != 0 || ftruncate(file.get(), sizeof(Layout)) != 0))
    return file_error(path, "resize");
  void* mapped = mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (mapped == MAP_FAILED) return file_error(path, "map");
  auto* layout = static_cast<Layout*>(mapped);
  const bool is_ours = layout->header.magic == kMagic && layout->header.version == kVersion &&
                       layout->header.outbound_entries == kOutboundEntries &&
                       layout->header.inbound_entries == kInboundEntries &&
                       layout->header.check == check_of(layout->header);
  if (!is_ours) {
    // Holes instead of zeroes: the file stays small.
    if (ftruncate(file.get(), 0) != 0 || ftruncate(file.get(), sizeof(Layout)) != 0) return file_error(path, "empty");
    layout->header.version = kVersion;
    layout->header.outbound_entries = kOutboundEntries;
    layout->header.inbound_entries = kInboundEntries;
    const auto seconds = static_cast<uint64_t>(clock.wall().seconds());
    layout->header.epoch = seconds << 32 | (random.u64() & UINT32_MAX);
    layout->header.magic = kMagic;
    layout->header.check = check_of(layout->header);
  }
  return std::shared_ptr<StateFile>(new StateFile(std::move(file), layout));
}

StateFile::StateFile(Descriptor file, Layout* layout) : file_(std::move(file)), layout_(layout) {
  read_side(layout_->outbound, kOutboundEntries, layout_->header.outbound_used, outbound_);
  read_side(layout_->inbound, kInboundEntries, layout_->header.inbound_used, inbound_);
}

StateFile::~StateFile() { munmap(layout_, sizeof(Layout)); }

uint64_t StateFile::epoch() const { return layout_->header.epoch; }

template <class Entry>
void StateFile::read_side(Entry* entries, size_t count, std::atomic<uint64_t>& used, Side& side) {
  side.holders.resize(count);
  side.used = &used;
  used = std::min<uint64_t>(used, count);
  for (size_t i = 0; i < used; ++i)
    if (entries[i].id != 0) side.by_id[entries[i].id] = i;
}

template <class Entry>
Result<size_t> StateFile::take(Entry* entries, size_t count, Side& side, uint64_t id) {
  if (auto known = side.by_id.find(id); known != side.by_id.end()) {
    ++side.holders[known->second];
    return known->second;
  }
  size_t index = *side.used;
  if (index < count) {
    ++*side.used;
  } else {
    for (size_t i = 0; i < count; ++i)
      if (side.holders[i] == 0 && (index == count || entries[i].departed < entries[index].departed)) index = i;
    if (index == count) return make_error(Code::kResourceExhausted, "the state file has no room for more SAs");
    side.by_id.erase(entries[index].id);
  }
  entries[index].id = 0;
  entries[index].clear();
  entries[index].departed = 0;
  entries[index].id = id;
  side.by_id[id] = index;
  side.holders[index] = 1;
  return index;
}

template <class Entry>
void StateFile::give_back(Entry* entries, Side& side, size_t index) {
  if (--side.holders[index] == 0) entries[index].departed = ++layout_->header.departures;
}

Result<std::shared_ptr<std::atomic<uint64_t>>> StateFile::take_outbound(Ipv4 peer, const Sa& sa) {
  std::scoped_lock lock(mutex_);
  SKEIN_TRY_ASSIGN(size_t index, take(layout_->outbound, kOutboundEntries, outbound_, identity('o', peer, sa)));
  return std::shared_ptr<std::atomic<uint64_t>>(&layout_->outbound[index].last_sent,
                                                [file = shared_from_this(), index](auto*) {
                                                  std::scoped_lock back(file->mutex_);
                                                  file->give_back(file->layout_->outbound, file->outbound_, index);
                                                });
}

Result<std::shared_ptr<WindowState>> StateFile::take_inbound(Ipv4 peer, const Sa& sa) {
  std::scoped_lock lock(mutex_);
  SKEIN_TRY_ASSIGN(size_t index, take(layout_->inbound, kInboundEntries, inbound_, identity('i', peer, sa)));
  return std::shared_ptr<WindowState>(&layout_->inbound[index].window, [file = shared_from_this(), index](auto*) {
    std::scoped_lock back(file->mutex_);
    file->give_back(file->layout_->inbound, file->inbound_, index);
  });
}

}  // namespace skein::esp
