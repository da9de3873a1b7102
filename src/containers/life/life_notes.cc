#include "containers/life/life_notes.h"

#include <nlohmann/json.hpp>

#include "base/text/json_text.h"
#include "io/file/file.h"

namespace skein::containers {

using nlohmann::json;

Result<void> LifeNotes::load() {
  notes_.clear();
  auto text = io::read_file(path_);
  if (!text.ok()) return text.error().code == Code::kNotFound ? Result<void>() : Result<void>(text.error());
  json all = json::parse(*text, nullptr, false);
  if (!all.is_object()) return make_error(Code::kDataLoss, path_ + " cannot be read");
  for (const auto& [id, entry] : all.items()) {
    if (!entry.is_object()) continue;
    LifeNote note;
    note.is_stopped_by_user = entry.contains("stopped") && entry["stopped"] == true;
    if (entry.contains("lost_at") && entry["lost_at"].is_number_integer()) note.lost_at = WallTime{entry["lost_at"]};
    if (entry.contains("restarts") && entry["restarts"].is_number_integer()) note.restarts = entry["restarts"];
    if (entry.contains("policy") && entry["policy"].is_string()) note.policy = parse_policy(entry["policy"]);
    if (note != LifeNote{}) notes_[id] = note;
  }
  return {};
}

LifeNote LifeNotes::of(const std::string& container_id) const {
  auto found = notes_.find(container_id);
  return found == notes_.end() ? LifeNote{} : found->second;
}

void LifeNotes::put(const std::string& container_id, const LifeNote& note) {
  if (of(container_id) == note) return;
  if (note == LifeNote{})
    notes_.erase(container_id);
  else
    notes_[container_id] = note;
  (void)file_.write();
}

void LifeNotes::set_stopped_by_user(const std::string& container_id, bool is_stopped) {
  LifeNote note = of(container_id);
  note.is_stopped_by_user = is_stopped;
  put(container_id, note);
}

void LifeNotes::set_running(const std::string& container_id, int restarts) {
  LifeNote note;
  note.restarts = restarts;
  note.policy = of(container_id).policy;
  put(container_id, note);
}

void LifeNotes::keep_only(const std::set<std::string>& container_ids) {
  if (std::erase_if(notes_, [&](const auto& entry) { return !container_ids.contains(entry.first); }))
    (void)file_.write();
}

Result<void> LifeNotes::save() const {
  json out = json::object();
  for (const auto& [id, note] : notes_) {
    json& entry = out[id] = json::object();
    if (note.is_stopped_by_user) entry["stopped"] = true;
    if (note.lost_at) entry["lost_at"] = note.lost_at->ns;
    if (note.restarts != 0) entry["restarts"] = note.restarts;
    if (note.policy) entry["policy"] = policy_text(*note.policy);
  }
  return io::write_file_atomically(path_, json_text(out), 0600);
}

}  // namespace skein::containers
