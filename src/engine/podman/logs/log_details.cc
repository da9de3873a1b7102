#include "engine/podman/logs/log_details.h"

#include <map>
#include <regex>
#include <sstream>

#include "engine/values/json_fields.h"
#include "io/http/message.h"

namespace skein::engine {

using nlohmann::json;

namespace {

using Pairs = std::map<std::string, std::string>;

Pairs labels_in(const json& config) {
  Pairs out;
  for (const auto& [name, value] : at(config, "Labels").items())
    if (value.is_string()) out[name] = value;
  return out;
}

Pairs variables_in(const json& config) {
  Pairs out;
  for (const std::string& text : texts_of(config, "Env"))
    if (const size_t mark = text.find('='); mark != std::string::npos)
      out[text.substr(0, mark)] = text.substr(mark + 1);
  return out;
}

// `names`: separated by commas.
void choose(const Pairs& from, const std::string& names, Pairs& out) {
  std::istringstream all(names);
  for (std::string name; std::getline(all, name, ',');)
    if (const auto found = from.find(name); found != from.end()) out.insert_or_assign(name, found->second);
}

// One that is no expression chooses nothing.
void choose_by(const Pairs& from, const std::string& expression, Pairs& out) {
  if (expression.empty()) return;
  try {
    const std::regex wanted(expression, std::regex::extended);
    for (const auto& [name, value] : from)
      if (std::regex_search(name, wanted)) out.insert_or_assign(name, value);
  } catch (const std::regex_error&) {
    return;
  }
}

// As in a form: a blank is "+".
std::string form_text(const std::string& text) {
  std::string out;
  std::istringstream words(text);
  bool is_first = true;
  for (std::string word; std::getline(words, word, ' '); is_first = false)
    out.append(is_first ? "" : "+").append(io::http::percent_encode(word));
  return text.ends_with(' ') ? out + "+" : out;
}

}  // namespace

std::string log_details(const json& options, const json& config) {
  const Pairs labels = labels_in(config), variables = variables_in(config);
  Pairs chosen;
  choose(labels, text_of(options, "labels"), chosen);
  choose_by(labels, text_of(options, "labels-regex"), chosen);
  choose(variables, text_of(options, "env"), chosen);
  choose_by(variables, text_of(options, "env-regex"), chosen);
  std::string out;
  for (const auto& [name, value] : chosen)
    out.append(out.empty() ? "" : ",").append(form_text(name)).append("=").append(form_text(value));
  return out;
}

}  // namespace skein::engine
