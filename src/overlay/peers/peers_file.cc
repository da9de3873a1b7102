#include "overlay/peers/peers_file.h"

#include "base/log.h"

namespace skein::overlay {

void PeersFile::load(RemoteRecords& records) const {
  auto text = file_.read();
  if (!text.ok()) return;
  if (auto loaded = records.load(*text); !loaded.ok()) log_warning("peers-forgotten", {{"why", loaded.error().text()}});
}

void PeersFile::save(RemoteRecords& records) {
  const std::string lines = records.take_changes();
  if (lines.empty() && !has_failed_) return;
  auto saved = file_.save(lines, records.size(), [&] { return records.text(); });
  if (!saved.ok() && !has_failed_) log_error("peers-not-saved", {{"why", saved.error().text()}});
  has_failed_ = !saved.ok();
}

}  // namespace skein::overlay
