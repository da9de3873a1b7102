#include "cmd/cli/words/usage.h"

#include <algorithm>
#include <sstream>

namespace skein::cli {

namespace {

constexpr size_t kLineWidth = 80;

std::string usage_line(const Command& command, const std::string& path) {
  return "Usage:  " + path + (command.usage.empty() ? "" : " " + command.usage) + "\n";
}

// "  -d, --detach          Run …", the help broken into lines beside the flags.
std::string flag_table(const std::vector<FlagSpec>& flags) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const FlagSpec& flag : flags) {
    if (flag.help.empty()) continue;
    std::string left = flag.letter != 0 ? std::string("  -") + flag.letter + ", " : "      ";
    left += "--" + flag.name + (flag.type.empty() ? "" : " " + flag.type);
    std::string help = flag.help;
    if (!flag.initial.empty() && flag.initial != "0") {
      help += flag.type == "string" ? " (default \"" + flag.initial + "\")" : " (default " + flag.initial + ")";
    }
    rows.emplace_back(left, help);
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return a.first.substr(a.first.find("--")) < b.first.substr(b.first.find("--"));
  });
  size_t left_width = 0;
  for (const auto& row : rows) left_width = std::max(left_width, row.first.size());
  left_width += 3;

  std::string text;
  for (const auto& [left, help] : rows) {
    std::string line = left + std::string(left_width - left.size(), ' ');
    size_t used = 0;
    std::istringstream words(help);
    for (std::string word; words >> word;) {
      if (used > 0 && left_width + used + 1 + word.size() > std::max(kLineWidth, left_width + 24)) {
        text += line + "\n";
        line = std::string(left_width, ' ');
        used = 0;
      }
      line += (used > 0 ? " " : "") + word;
      used += word.size() + (used > 0 ? 1 : 0);
    }
    text += line + "\n";
  }
  return text;
}

std::string child_table(const Command& group, bool are_groups) {
  std::string text;
  for (const Command& child : group.children) {
    if (child.is_hidden || child.children.empty() == are_groups) continue;
    text += "  " + child.name + std::string(std::max<size_t>(12 - std::min<size_t>(child.name.size(), 11), 1), ' ') +
            child.summary + "\n";
  }
  return text;
}

std::string count_of(size_t count) { return std::to_string(count) + (count == 1 ? " argument" : " arguments"); }

}  // namespace

std::string help_text(const Command& command, const std::string& path) {
  std::string text = usage_line(command, path) + "\n" + command.summary + "\n";
  if (command.children.empty()) {
    if (const std::string options = flag_table(command.flags); !options.empty()) text += "\nOptions:\n" + options;
    return text;
  }
  if (const std::string groups = child_table(command, true); !groups.empty()) {
    text += "\nManagement Commands:\n" + groups;
  }
  text += "\nCommands:\n" + child_table(command, false);
  if (!command.flags.empty()) text += "\nGlobal Options:\n" + flag_table(command.flags);
  return text + "\nRun '" + path + " COMMAND --help' for more information on a command.\n";
}

std::string usage_hint(const Command& command, const std::string& path) {
  return "\n" + usage_line(command, path) + "\nRun '" + path + " --help' for more information\n";
}

std::string arity_complaint(const Command& command, const std::string& path, size_t argument_count) {
  const auto& [min, max] = command.arity;
  if (argument_count >= min && argument_count <= max) return "";
  std::string rule;
  const char* see = "Run";
  if (max == 0) {
    rule = "accepts no arguments";
  } else if (min == max) {
    rule = "requires " + count_of(min);
  } else if (max == kAnyNumber) {
    rule = "requires at least " + count_of(min);
    see = "See";
  } else {
    rule = min == 0 ? "requires at most " + count_of(max)
                    : "requires at least " + std::to_string(min) + " and at most " + count_of(max);
  }
  return "skein: '" + path + "' " + rule + "\n\n" + usage_line(command, path) + "\n" + see + " '" + path +
         " --help' for more information\n";
}

std::string unknown_command(const std::string& path, const std::string& word) {
  std::string text = "skein: unknown command: " + path + " " + word + "\n\n";
  if (path.find(' ') != std::string::npos) text += "Usage:  " + path + "\n\n";
  return text + "Run '" + path + " --help' for more information\n";
}

}  // namespace skein::cli
