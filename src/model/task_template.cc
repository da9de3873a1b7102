#include "model/task_template.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace skein::model {

namespace {

// An action between its braces, and where it stands, as Go counts: the line from 1, the column in it from 0.
struct Action {
  std::string text;
  size_t line = 1;
  size_t column = 0;
};

Error refused(const Action& action, const std::string& why) {
  return make_error(Code::kInvalidArgument, "template: expansion:" + std::to_string(action.line) + ": " + why);
}

// Of an action that can be read, and has no value.
Error failed(const Action& action, const std::string& at, const std::string& why) {
  const size_t column = action.column + std::min(action.text.find_first_not_of(" \t"), action.text.size());
  return make_error(Code::kInvalidArgument, "template: expansion:" + std::to_string(action.line) + ":" +
                                                std::to_string(column) + ": executing \"expansion\" at <" + at +
                                                ">: " + why);
}

// The words of an action; a quoted text is one word, its quotes kept in front as a mark.
Result<std::vector<std::string>> split_words(const Action& whole) {
  const std::string& action = whole.text;
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
    if (at++ == action.size()) return refused(whole, "unterminated quoted string");
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

Result<std::string> call(const Action& action, const std::string& name, const std::string& argument,
                         const TemplateContext& context) {
  auto value = context.functions.at(name)(argument);
  if (value.ok()) return value;
  return failed(action, name + " \"" + argument + "\"", "error calling " + name + ": " + value.error().text());
}

Result<std::string> evaluate(const Action& action, const TemplateContext& context) {
  SKEIN_TRY_ASSIGN(std::vector<std::string> words, split_words(action));
  if (words.empty()) return refused(action, "missing value for command");
  if (words[0].starts_with("/*") && action.text.ends_with("*/")) return std::string();
  if (words[0] == "index" && words.size() == 3 && words[1] == ".Service.Labels" && words[2].starts_with('"')) {
    auto found = context.service_labels.find(words[2].substr(1));
    return found == context.service_labels.end() ? "" : found->second;
  }
  if (words.size() == 2 && words[1].starts_with('"') && context.functions.contains(words[0]))
    return call(action, words[0], words[1].substr(1), context);
  if (words.size() > 1 || !words[0].starts_with('.')) {
    const bool is_known = words[0] == "index" || words[0].starts_with('.') || context.functions.contains(words[0]);
    if (is_known) return refused(action, "unexpected <" + action.text + ">");
    return refused(action, "function \"" + words[0] + "\" not defined");
  }
  if (words[0] == ".Service.Labels") return show(context.service_labels);
  auto found = context.fields.find(words[0].substr(1));
  if (found != context.fields.end()) return found->second;
  const size_t last = words[0].rfind('.');
  return failed(action, words[0],
                "can't evaluate field " + words[0].substr(last + 1) + (last == 0 ? " in type " + context.type : ""));
}

constexpr const char* kBlanks = " \t\r\n";

void trim_end(std::string& text) { text.erase(text.find_last_not_of(kBlanks) + 1); }

}  // namespace

std::string task_name(const api::Task& task) {
  if (!name_of(task).empty()) return name_of(task);
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
    Action action;
    action.line += static_cast<size_t>(std::count(text.begin(), text.begin() + std::ptrdiff_t(open), '\n'));
    const size_t close = text.find("}}", open + 2);
    if (close == std::string::npos) return refused(action, "unclosed action");
    out += text.substr(at, open - at);
    size_t begin = open + 2, end = close;
    at = close + 2;
    if (end - begin >= 2 && text[begin] == '-' && std::strchr(kBlanks, text[begin + 1])) ++begin, trim_end(out);
    if (end - begin >= 2 && text[end - 1] == '-' && std::strchr(kBlanks, text[end - 2]))
      --end, at = std::min(text.find_first_not_of(kBlanks, at), text.size());
    action.text = text.substr(begin, end - begin);
    trim_end(action.text);
    action.column = begin - (text.rfind('\n', open) + 1);
    SKEIN_TRY_ASSIGN(std::string value, evaluate(action, context));
    out += value;
  }
  return out + text.substr(at);
}

}  // namespace skein::model
