#include "node/node_files.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/text/json_text.h"
#include "ca/sealed_key_file.h"
#include "io/file/file.h"
#include "store/sealed_journal.h"

namespace skein::node {

using nlohmann::json;

namespace {

Result<std::string> checked_store_key(Result<std::string> key, const std::string& path) {
  if (key.ok() && key->size() == store::SealedJournal::kKeyBytes) return key;
  return make_error(Code::kDataLoss, path + " holds no key of the store", "", "restore the file, or leave the swarm");
}

std::string make_store_key(Random& random) {
  std::string out(store::SealedJournal::kKeyBytes, '\0');
  random.fill({reinterpret_cast<uint8_t*>(out.data()), out.size()});
  return out;
}

}  // namespace

Result<void> NodeFiles::prepare() const { return io::make_directories(certificates(), 0700); }

Result<ca::KeyFile> NodeFiles::read_keys() const {
  SKEIN_TRY(redo_save());
  SKEIN_TRY_ASSIGN(const std::string text, io::read_file(key_path()));
  return ca::KeyFile::parse(text);
}

Result<ca::KeyFile> NodeFiles::open_keys() const {
  SKEIN_TRY_ASSIGN(ca::KeyFile keys, read_keys());
  return ca::open_key_file(std::move(keys), unlock_key_);
}

Result<bool> NodeFiles::is_locked() const {
  SKEIN_TRY_ASSIGN(const ca::KeyFile keys, read_keys());
  return keys.is_encrypted && unlock_key_.empty();
}

Result<void> NodeFiles::unlock(const std::string& unlock_key) {
  SKEIN_TRY_ASSIGN(const ca::KeyFile keys, read_keys());
  SKEIN_TRY(ca::open_key_file(keys, unlock_key));
  if (!keys.is_encrypted) return {};
  unlock_key_ = unlock_key;
  unlock_version_ = keys.kek_version;
  return {};
}

Result<void> NodeFiles::seal(const std::string& unlock_key, uint64_t version) {
  if (unlock_key == unlock_key_) return {};
  SKEIN_TRY_ASSIGN(ca::KeyFile keys, open_keys());
  SKEIN_TRY_ASSIGN(keys, ca::seal_key_file(std::move(keys), unlock_key, version, random_));
  SKEIN_TRY(io::write_file_atomically(key_path(), keys.text(), 0600));
  unlock_key_ = unlock_key;
  unlock_version_ = version;
  return {};
}

Result<NodeFiles::StoreKey> NodeFiles::store_key() const {
  SKEIN_TRY_ASSIGN(const ca::KeyFile keys, open_keys());
  StoreKey out;
  if (auto header = keys.headers.find(ca::kStoreKeyHeader); header != keys.headers.end()) {
    SKEIN_TRY_ASSIGN(out.key, checked_store_key(from_base64(header->second), key_path()));
    if (auto earlier = keys.headers.find(ca::kEarlierStoreKeyHeader); earlier != keys.headers.end()) {
      SKEIN_TRY_ASSIGN(out.earlier, checked_store_key(from_base64(earlier->second), key_path()));
    }
    auto version = keys.headers.find(ca::kStoreKeyVersionHeader);
    out.is_due =
        !unlock_key_.empty() && (version == keys.headers.end() || version->second != std::to_string(unlock_version_));
    return out;
  }
  auto old = io::read_file(old_store_key_path());
  if (old.ok()) {
    while (old->ends_with('\n')) old->pop_back();
    SKEIN_TRY_ASSIGN(out.key, checked_store_key(from_hex(*old), old_store_key_path()));
    out.is_of_old_store = true;
    return out;
  }
  if (old.error().code != Code::kNotFound) return old.error();
  out.key = make_store_key(random_);
  SKEIN_TRY(keep_store_key(out.key));
  return out;
}

Result<void> NodeFiles::keep_store_key(const std::string& key) const {
  SKEIN_TRY_ASSIGN(ca::KeyFile keys, open_keys());
  keys.headers[ca::kStoreKeyHeader] = to_base64(key);
  keys.headers.erase(ca::kEarlierStoreKeyHeader);
  SKEIN_TRY(write_keys(std::move(keys)));
  return io::remove_file(old_store_key_path());
}

Result<std::string> NodeFiles::renew_store_key() const {
  SKEIN_TRY_ASSIGN(ca::KeyFile keys, open_keys());
  const std::string key = make_store_key(random_);
  SKEIN_ASSERT(!keys.headers.contains(ca::kEarlierStoreKeyHeader));
  keys.headers[ca::kEarlierStoreKeyHeader] = std::exchange(keys.headers[ca::kStoreKeyHeader], to_base64(key));
  keys.headers[ca::kStoreKeyVersionHeader] = std::to_string(unlock_version_);
  SKEIN_TRY(write_keys(std::move(keys)));
  return key;
}

Result<void> NodeFiles::write_keys(ca::KeyFile plain) const {
  SKEIN_TRY_ASSIGN(const ca::KeyFile keys, ca::seal_key_file(std::move(plain), unlock_key_, unlock_version_, random_));
  return io::write_file_atomically(key_path(), keys.text(), 0600);
}

// Three files that belong together cannot be replaced at once. So what is to be in them is written to one file first;
// while that is there, it is what counts.
Result<void> NodeFiles::save_identity(const agent::Identity& identity) const {
  ca::KeyFile keys{identity.key_pem, false, 0, {}};
  if (auto before = open_keys(); before.ok())
    keys.headers = std::move(before->headers);
  else if (before.error().code != Code::kNotFound)
    return before.error();
  SKEIN_TRY_ASSIGN(keys, ca::seal_key_file(std::move(keys), unlock_key_, unlock_version_, random_));
  const json next{{"Key", keys.text()}, {"Certificate", identity.certificate_pem}, {"RootCA", identity.root_pem}};
  SKEIN_TRY(io::write_file_atomically(next_identity(), json_text(next, 1), 0600));
  return redo_save();
}

Result<void> NodeFiles::redo_save() const {
  auto text = io::read_file(next_identity());
  if (!text.ok() && text.error().code == Code::kNotFound) return {};
  if (!text.ok()) return text.error();
  const json next = json::parse(*text, nullptr, false);
  auto is_text = [&](const char* key) { return next.contains(key) && next[key].is_string(); };
  if (!next.is_object() || !is_text("Key") || !is_text("Certificate") || !is_text("RootCA"))
    return make_error(Code::kDataLoss, next_identity() + " cannot be read", "", "restore the file, or leave the swarm");
  SKEIN_TRY(io::write_file_atomically(key_path(), next.value("Key", ""), 0600));
  SKEIN_TRY(io::write_file_atomically(certificates() + "/swarm-node.crt", next.value("Certificate", ""), 0644));
  SKEIN_TRY(io::write_file_atomically(certificates() + "/swarm-root-ca.crt", next.value("RootCA", ""), 0644));
  return io::remove_file(next_identity());
}

Result<agent::Identity> NodeFiles::load_identity(WallTime now) const {
  agent::Identity out;
  SKEIN_TRY_ASSIGN(const ca::KeyFile keys, open_keys());
  out.key_pem = keys.key_pem;
  SKEIN_TRY_ASSIGN(out.certificate_pem, io::read_file(certificates() + "/swarm-node.crt"));
  SKEIN_TRY_ASSIGN(out.root_pem, io::read_file(certificates() + "/swarm-root-ca.crt"));
  SKEIN_TRY_ASSIGN(out.node, ca::verify_node_certificate(out.certificate_pem, out.root_pem, now, ca::Expired::kAllow));
  return out;
}

Result<void> NodeFiles::save_state(const NodeState& state) const {
  json text{{"ListenAddr", state.listen_address},      {"AdvertiseAddr", state.advertise_address},
            {"DataPathAddr", state.data_path_address}, {"RemoteAddrs", state.managers},
            {"LocalAddr", state.local_address},        {"DataPathPort", state.data_path_port}};
  return io::write_file_atomically(directory_ + "/state.json", json_text(text, 1), 0600);
}

Result<std::optional<NodeState>> NodeFiles::load_state() const {
  auto text = io::read_file(directory_ + "/state.json");
  if (!text.ok() && text.error().code == Code::kNotFound) return std::optional<NodeState>();
  if (!text.ok()) return text.error();
  json parsed = json::parse(*text, nullptr, false);
  if (!parsed.is_object())
    return make_error(Code::kDataLoss, directory_ + "/state.json cannot be read", "",
                      "leave the swarm by force, or restore the file");
  NodeState out;
  out.listen_address = parsed.value("ListenAddr", "");
  out.advertise_address = parsed.value("AdvertiseAddr", "");
  out.data_path_address = parsed.value("DataPathAddr", "");
  out.local_address = parsed.value("LocalAddr", "");
  out.data_path_port = parsed.value("DataPathPort", uint16_t{0});
  if (parsed.contains("RemoteAddrs") && parsed["RemoteAddrs"].is_array())
    for (const auto& manager : parsed["RemoteAddrs"])
      if (manager.is_string()) out.managers.push_back(manager.get<std::string>());
  return std::optional(out);
}

// The state first: without it the rest means nothing.
Result<void> NodeFiles::remove() {
  unlock_key_.clear();
  std::error_code failed;
  std::filesystem::remove(directory_ + "/state.json", failed);
  std::filesystem::remove_all(directory_, failed);
  if (failed) return make_error(Code::kUnavailable, "cannot remove " + directory_, failed.message());
  return {};
}

}  // namespace skein::node
