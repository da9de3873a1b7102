#include "cmd/cli/stack/stack_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "base/descriptor.h"
#include "base/time/clock.h"
#include "cmd/cli/show/printing.h"

extern char** environ;

namespace skein::cli {

namespace {

std::string system_words(int error) {
  std::string text = std::strerror(error);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + ('a' - 'A'));
  return text;
}

Result<std::string> read_all_of(int descriptor, const std::string& name) {
  std::string content;
  std::array<char, 1u << 16> piece;
  while (true) {
    const ssize_t count = ::read(descriptor, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return invalid_argument("read " + name + ": " + system_words(errno));
    if (count == 0) return content;
    content.append(piece.data(), static_cast<size_t>(count));
  }
}

stack::Environment own_environment() {
  stack::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const size_t mark = text.find('=');
    if (mark != std::string::npos && mark != 0) environment[text.substr(0, mark)] = text.substr(mark + 1);
  }
  return environment;
}

void warn(const std::string& message) {
  const std::string time = system_clock().wall().rfc3339();
  constexpr size_t kSeconds = 19;
  print_error("time=\"" + time.substr(0, kSeconds) + "Z\" level=warning msg=" + stack::go_quoted(message));
}

Result<stack::Schema> schema_of(const std::string& word) {
  if (word == "auto") return stack::Schema::kAuto;
  if (word == "docker") return stack::Schema::kDocker;
  if (word == "compose") return stack::Schema::kCompose;
  return invalid_argument("Invalid option " + word + " for flag --schema");
}

// The flag's, else those of COMPOSE_PROFILES.
std::set<std::string> profiles_of(const std::vector<std::string>& given, const stack::Environment& environment) {
  if (!given.empty()) return {given.begin(), given.end()};
  std::set<std::string> profiles;
  const auto found = environment.find("COMPOSE_PROFILES");
  std::istringstream names(found == environment.end() ? "" : found->second);
  for (std::string name; std::getline(names, name, ',');) profiles.insert(name);
  return profiles;
}

}  // namespace

Result<std::string> read_whole_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return invalid_argument("open " + path + ": " + system_words(errno));
  return read_all_of(file.get(), path);
}

std::vector<FlagSpec> compose_flags() {
  return {
      {"compose-file", 'c', "strings", "Path to a Compose file, or \"-\" to read from stdin"},
      {"profile", 0, "strings", "Profile whose services are wanted, \"*\" for all (Compose Specification only)"},
      {"schema", 0, "string",
       "What a file may hold (\"docker\": versions 3.x, \"compose\": the Compose Specification, \"auto\": the first "
       "that "
       "takes it)",
       "auto"},
  };
}

Result<stack::Project> load_project(const Invocation& call, bool skips_interpolation, stack::Forbidden style) {
  const std::vector<std::string> names = call.flags.list("compose-file");
  if (names.empty()) return invalid_argument("Specify a Compose file (with --compose-file)");
  stack::Input input;
  std::error_code ignored;
  input.folder = std::filesystem::current_path(ignored).string();
  input.folder = std::filesystem::path(stack::joined_path(input.folder, names.front())).parent_path().string();
  for (const std::string& name : names) {
    SKEIN_TRY_ASSIGN(std::string text, name == "-" ? read_all_of(STDIN_FILENO, "/dev/stdin") : read_whole_file(name));
    input.files.push_back({name, std::move(text)});
  }
  input.environment = own_environment();
  SKEIN_TRY_ASSIGN(input.schema, schema_of(call.flags.text("schema")));
  input.profiles = profiles_of(call.flags.list("profile"), input.environment);
  input.skips_interpolation = skips_interpolation;
  input.read = read_whole_file;
  input.warn = warn;
  return stack::load(input, style);
}

}  // namespace skein::cli
