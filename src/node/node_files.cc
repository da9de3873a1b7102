#include "node/node_files.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "ca/key_file.h"
#include "io/file.h"
#include "store/sealed_journal.h"

namespace skein::node {

using nlohmann::json;

Result<void> NodeFiles::prepare() const { return io::make_directories(certificates(), 0700); }

Result<std::string> NodeFiles::store_key(Random& random) const {
  const std::string path = certificates() + "/swarm-store.key";
  auto text = io::read_file(path);
  if (!text.ok() && text.error().code == Code::kNotFound) {
    std::string key(store::SealedJournal::kKeyBytes, '\0');
    random.fill({reinterpret_cast<uint8_t*>(key.data()), key.size()});
    SKEIN_TRY(io::write_file_atomically(path, to_hex(key) + "\n", 0600));
    return key;
  }
  if (!text.ok()) return text.error();
  while (text->ends_with('\n')) text->pop_back();
  auto key = from_hex(*text);
  if (!key.ok() || key->size() != store::SealedJournal::kKeyBytes)
    return make_error(Code::kDataLoss, path + " is no key", "", "restore the file, or leave the swarm");
  return key;
}

// Three files that belong together cannot be replaced at once. So what is to be in them is written to one file first;
// while that is there, it is what counts.
Result<void> NodeFiles::save_identity(const agent::Identity& identity) const {
  const json next{{"Key", identity.key_pem}, {"Certificate", identity.certificate_pem}, {"RootCA", identity.root_pem}};
  SKEIN_TRY(io::write_file_atomically(next_identity(), next.dump(1), 0600));
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
  ca::KeyFile key{next.value("Key", ""), false, 0, {}};
  SKEIN_TRY(io::write_file_atomically(certificates() + "/swarm-node.key", key.text(), 0600));
  SKEIN_TRY(io::write_file_atomically(certificates() + "/swarm-node.crt", next.value("Certificate", ""), 0644));
  SKEIN_TRY(io::write_file_atomically(certificates() + "/swarm-root-ca.crt", next.value("RootCA", ""), 0644));
  return io::remove_file(next_identity());
}

Result<agent::Identity> NodeFiles::load_identity(WallTime now) const {
  SKEIN_TRY(redo_save());
  agent::Identity out;
  SKEIN_TRY_ASSIGN(std::string key, io::read_file(certificates() + "/swarm-node.key"));
  SKEIN_TRY_ASSIGN(ca::KeyFile key_file, ca::KeyFile::parse(key));
  out.key_pem = key_file.key_pem;
  SKEIN_TRY_ASSIGN(out.certificate_pem, io::read_file(certificates() + "/swarm-node.crt"));
  SKEIN_TRY_ASSIGN(out.root_pem, io::read_file(certificates() + "/swarm-root-ca.crt"));
  SKEIN_TRY_ASSIGN(out.node, ca::verify_node_certificate(out.certificate_pem, out.root_pem, now, ca::Expired::kAllow));
  return out;
}

Result<void> NodeFiles::save_state(const NodeState& state) const {
  json text{{"ListenAddr", state.listen_address},      {"AdvertiseAddr", state.advertise_address},
            {"DataPathAddr", state.data_path_address}, {"RemoteAddrs", state.managers},
            {"LocalAddr", state.local_address},        {"DataPathPort", state.data_path_port}};
  return io::write_file_atomically(directory_ + "/state.json", text.dump(1), 0600);
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
Result<void> NodeFiles::remove() const {
  std::error_code failed;
  std::filesystem::remove(directory_ + "/state.json", failed);
  std::filesystem::remove_all(directory_, failed);
  if (failed) return make_error(Code::kUnavailable, "cannot remove " + directory_, failed.message());
  return {};
}

}  // namespace skein::node
