#include "agent/task_template.h"

#include <vector>

namespace skein::agent {

namespace api = model::api;

namespace {

Error refused(const std::string& why) { return make_error(Code::kInvalidArgument, "template: expansion:1: " + why); }

// The words of an action; a quoted text is one word, its quotes kept in front as a mark.
Result<std::vector<std::string>> split_words(const std::string& action) {
  std::vector<std::string> words;
  for (size_t at = 0; (at = action.find_first_not_of(" \t", at)) != std::string::npos;) {
    if (action[at] != '"' && action[at] != '`') {
      size_t end = std::min(action.find_first_of(" \t", at), action.size());
      words.push_back(action.substr(at, end - at));
      at = end;
      continue;
    }
    const char quote = action[at];
    std::string word = "\"";
    for (++at; at < action.size() && action[at] != quote; ++at) {
      if (quote == '"' && action[at] == '\\' && at + 1 < action.size()) ++at;
      word += action[at];
    }
    if (at++ == action.size()) return refused("unterminated quoted string");
    words.push_back(word);
  }
  return words;
}

std::string show(const std::map<std::string, std::string>& labels) {
  std::string text;
  for (const auto& [key, value] : labels) {
    if (!text.empty()) text += ' ';
    text.append(key).append(":").append(value);
  }
  return "map[" + text + "]";
}

Result<std::string> evaluate(const std::string& action, const TemplateContext& context) {
  SKEIN_TRY_ASSIGN(std::vector<std::string> words, split_words(action));
  if (words.empty()) return refused("missing value for command");
  if (words[0] == "index" && words.size() == 3 && words[1] == ".Service.Labels" && words[2].starts_with('"')) {
    auto found = context.service_labels.find(words[2].substr(1));
    return found == context.service_labels.end() ? "" : found->second;
  }
  if (words.size() > 1 || !words[0].starts_with('.')) {
    if (words[0] == "index" || words[0].starts_with('.')) return refused("unexpected <" + action + ">");
    return refused("function \"" + words[0] + "\" not defined");
  }
  if (words[0] == ".Service.Labels") return show(context.service_labels);
  auto found = context.fields.find(words[0].substr(1));
  if (found == context.fields.end())
    return refused("executing \"expansion\" at <" + words[0] + ">: can't evaluate field " +
                   words[0].substr(words[0].rfind('.') + 1));
  return found->second;
}

}  // namespace

std::string task_name(const api::Task& task) {
  if (!model::name_of(task).empty()) return model::name_of(task);
  const std::string slot = task.slot() ? std::to_string(task.slot()) : task.node_id();
  return task.service_annotations().name() + "." + slot + "." + task.id();
}

TemplateContext template_context(const api::Task& task, const api::Node& self) {
  TemplateContext out;
  out.fields = {{"Node.ID", task.node_id()},
                {"Node.Hostname", self.description().hostname()},
                {"Node.Platform.OS", self.description().platform().os()},
                {"Node.Platform.Architecture", self.description().platform().architecture()},
                {"Service.ID", task.service_id()},
                {"Service.Name", task.service_annotations().name()},
                {"Task.ID", task.id()},
                {"Task.Name", task_name(task)},
                {"Task.Slot", task.slot() ? std::to_string(task.slot()) : task.node_id()}};
  const auto& labels = task.service_annotations().labels();
  out.service_labels.insert(labels.begin(), labels.end());
  return out;
}

Result<std::string> expand_template(const std::string& text, const TemplateContext& context) {
  std::string out;
  size_t at = 0;
  for (size_t open; (open = text.find("{{", at)) != std::string::npos;) {
    size_t close = text.find("}}", open + 2);
    if (close == std::string::npos) return refused("unclosed action");
    SKEIN_TRY_ASSIGN(std::string value, evaluate(text.substr(open + 2, close - open - 2), context));
    out += text.substr(at, open - at) + value;
    at = close + 2;
  }
  return out + text.substr(at);
}

}  // namespace skein::agent
