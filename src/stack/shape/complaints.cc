#include "stack/shape/complaints.h"

#include <algorithm>
#include <map>

namespace skein::stack {

namespace {

std::string type_word(std::string_view type) {
  return std::string(type == "object" ? "mapping" : type == "array" ? "list" : type);
}

// As JSON has it: whole floats are integers, moments texts.
std::string canonical(const Value& value) {
  if (const auto* const list = value.as<List>()) {
    std::string text = "[";
    for (const Value& item : *list) text += canonical(item) + ",";
    return text + "]";
  }
  if (const auto* const map = value.as<Map>()) {
    std::string text = "{";
    for (const auto& [key, member] : *map) text += go_quoted(key) + ":" + canonical(member) + ",";
    return text + "}";
  }
  if (const auto* const moment = value.as<Moment>()) return go_quoted(moment->text);
  if (value.is<std::string>()) return go_quoted(value.text());
  if (value.is<int64_t>()) return shown(Value(static_cast<double>(value.integer())));
  return shown(value);
}

}  // namespace

std::string where(const Path& path) {
  if (path.empty()) return "(root)";
  std::string text;
  for (const std::string& part : path) text += (&part == &path.front() ? "" : ".") + part;
  return text;
}

size_t Complaints::Complaint::depth() const { return static_cast<size_t>(std::count(where.begin(), where.end(), '.')); }

void Complaints::push(Complaint complaint) {
  complaints_.push_back(std::move(complaint));
  score_ -= 2;  // one less, with what is added at the end of a check
}

void Complaints::add(const Path& path, std::string text, const std::string& key) {
  Path at = path;
  if (!key.empty()) at.push_back(key);
  push({Kind::kOther, std::move(at), stack::where(path), std::move(text)});
}

void Complaints::add_type(const Path& path, const std::vector<std::string_view>& types) {
  std::string text = "must be a " + type_word(types.front());
  for (size_t i = 1; i < types.size(); ++i) text += (i + 1 < types.size() ? ", " : " or ") + type_word(types[i]);
  push({Kind::kType, path, stack::where(path), text});
}

void Complaints::add_one_of(const Path& path) {
  push({Kind::kOneOf, path, stack::where(path), "Must validate one and only one schema (oneOf)"});
}

void Complaints::merge(Complaints other) {
  std::move(other.complaints_.begin(), other.complaints_.end(), std::back_inserter(complaints_));
  score_ += other.score_;
}

std::string Complaints::deepest() const {
  size_t best = 0;
  for (size_t i = 1; i < complaints_.size(); ++i) {
    const bool is_deeper = complaints_[i].depth() > complaints_[best].depth();
    const bool is_type_first = complaints_[i].depth() == complaints_[best].depth() &&
                               complaints_[i].kind == Kind::kType && complaints_[best].kind != Kind::kType;
    if (is_deeper || is_type_first) best = i;
  }
  const Complaint& chosen = complaints_[best];
  // An alternative that failed is told by what comes next: its best match.
  const bool has_next = chosen.kind == Kind::kOneOf && best + 1 < complaints_.size();
  return chosen.where + " " + (has_next ? complaints_[best + 1].text : chosen.text);
}

std::vector<Problem> Complaints::all() const {
  std::vector<Problem> out;
  for (size_t i = 0; i < complaints_.size() && out.size() < kProblemsMax; ++i) {
    const Complaint& each = complaints_[i];
    const bool is_told_next =
        each.kind == Kind::kOneOf && i + 1 < complaints_.size() && complaints_[i + 1].where.starts_with(each.where);
    if (is_told_next) continue;
    Problem problem{each.path, each.text.starts_with(each.where) ? each.text : each.where + " " + each.text};
    const auto is_same = [&](const Problem& other) { return other.at == problem.at && other.text == problem.text; };
    if (std::none_of(out.begin(), out.end(), is_same)) out.push_back(std::move(problem));
  }
  return out;
}

std::vector<std::pair<size_t, size_t>> doubles(const List& list) {
  std::vector<std::pair<size_t, size_t>> found;
  std::map<std::string, size_t> seen;
  for (size_t i = 0; i < list.size(); ++i) {
    const auto [place, is_new] = seen.emplace(canonical(list[i]), i);
    if (!is_new) {
      found.emplace_back(place->second, i);
      place->second = i;
    }
  }
  return found;
}

}  // namespace skein::stack
