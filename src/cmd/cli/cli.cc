#include "cmd/cli/cli.h"

#include <cstdlib>
#include <iostream>

#include "cmd/cli/container/container_start.h"
#include "cmd/cli/daemon/daemon.h"
#include "cmd/cli/words/usage.h"

namespace skein::cli {

namespace {

constexpr int kStatusWrongFlag = 125;
constexpr const char* kHostDefault = "unix:///run/skein/skein.sock";

std::string host_of(const Flags& flags) {
  if (flags.is_set("host")) return flags.text("host");
  for (const char* name : {"SKEIN_HOST", "DOCKER_HOST"}) {
    if (const char* const host = std::getenv(name); host != nullptr && *host != '\0') return host;
  }
  return kHostDefault;
}

int complain(const std::string& text, int status) {
  std::cerr << text;
  return status;
}

// "skein: <error>" and a hint, with the status that tells why nothing ran.
int complain_about_start(const Error& error, const std::string& path) {
  return complain("skein: " + error.text() + "\n\nRun '" + path + " --help' for more information\n",
                  start_failure_status(error.text()));
}

int run_command(const Command& command, const std::string& path, std::span<const std::string> words,
                const std::string& host) {
  auto parsed = parse_words(command.flags, words, command.order);
  if (!parsed.ok()) return complain(parsed.error().what + "\n" + usage_hint(command, path), kStatusWrongFlag);
  if (parsed->flags.is_set("help")) {
    std::cout << help_text(command, path);
    return 0;
  }
  if (const auto complaint = arity_complaint(command, path, parsed->arguments.size()); !complaint.empty()) {
    return complain(complaint, 1);
  }
  Daemon daemon(host);
  Invocation call{daemon, path, std::move(parsed->flags), std::move(parsed->arguments)};
  const auto status = command.run(call);
  if (status.ok()) return *status;
  if (command.starts_containers) return complain_about_start(status.error(), path);
  return complain(status.error().text() + "\n", 1);
}

// Down the tree of groups to a command.
int dispatch(const Command& group, const std::string& path, std::span<const std::string> words,
             const std::string& host) {
  if (words.empty()) return complain(help_text(group, path), 0);  // nobody asked for it: not on stdout
  if (words[0] == "--help" || words[0] == "-h") {
    std::cout << help_text(group, path);
    return 0;
  }
  if (words[0].starts_with("-")) {
    const auto parsed = parse_words(group.flags, words, WordOrder::kFlagsFirst);
    if (!parsed.ok()) return complain(parsed.error().what + "\n" + usage_hint(group, path), kStatusWrongFlag);
  }
  const Command* const child = group.find(words[0]);
  if (child == nullptr) return complain(unknown_command(path, words[0]), 1);
  const std::string child_path = path + " " + child->name;
  if (!child->children.empty()) return dispatch(*child, child_path, words.subspan(1), host);
  return run_command(*child, child_path, words.subspan(1), host);
}

// `skein help node ls`
int show_help(const Command& root, std::span<const std::string> words) {
  const Command* command = &root;
  std::string path = root.name;
  for (const std::string& word : words) {
    command = command->find(word);
    if (command == nullptr) return complain("unknown help topic: " + word + "\n", 1);
    path += " " + command->name;
  }
  std::cout << help_text(*command, path);
  return 0;
}

}  // namespace

int run_words(const std::vector<std::string>& words) {
  const Command& root = root_command();
  const auto parsed = parse_words(root.flags, words, WordOrder::kFlagsFirst);
  if (!parsed.ok()) return complain(parsed.error().what + "\n" + usage_hint(root, root.name), kStatusWrongFlag);
  const auto& rest = parsed->arguments;
  if (parsed->flags.is_on("version")) {
    std::cout << "Skein version " << kVersion << "\n";
    return 0;
  }
  if (parsed->flags.is_set("help") || rest.empty()) return show_help(root, {});
  if (rest[0] == "help") return show_help(root, std::span(rest).subspan(1));
  return dispatch(root, root.name, rest, host_of(parsed->flags));
}

int cli_main(int argc, char** argv) { return run_words({argv + 1, argv + argc}); }

}  // namespace skein::cli
