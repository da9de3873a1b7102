#include "stack/load/env_file.h"

namespace skein::stack {

namespace {

Result<void> take_line(std::string line, const Environment& shell, Map& variables) {
  if (line.ends_with('\r')) line.pop_back();
  line.erase(0, std::min(line.find_first_not_of(" \t\v\f\r"), line.size()));
  if (line.empty() || line[0] == '#') return {};
  const size_t mark = line.find('=');
  const std::string name = line.substr(0, mark);
  if (name.empty()) return invalid_argument("no variable name on line '" + line + "'");
  if (name.find_first_of(" \t") != std::string::npos)
    return invalid_argument("variable '" + name + "' contains whitespaces");
  if (mark != std::string::npos) {
    variables.set(name, line.substr(mark + 1));
  } else if (const auto found = shell.find(name); found != shell.end()) {
    variables.set(name, found->second);
  }
  return {};
}

}  // namespace

Result<Map> read_env_file(const std::string& path, const Input& input) {
  const auto wrong = [&](const Error& error) {
    return invalid_argument("invalid env file (" + path + "): " + error.what);
  };
  const auto content = input.read(path);
  if (!content.ok()) return content.error().what.starts_with("open ") ? content.error() : wrong(content.error());
  std::string_view rest = *content;
  if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
  Map variables;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (const auto taken = take_line(std::string(rest.substr(0, end)), input.environment, variables); !taken.ok()) {
      return wrong(taken.error());
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return variables;
}

}  // namespace skein::stack
