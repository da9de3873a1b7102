#include "stack/values/mounts.h"

#include <vector>

namespace skein::stack {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// At colons, but for the one behind a drive's letter.
std::vector<std::string> sections(const std::string& text) {
  std::vector<std::string> found(1);
  for (const char c : text) {
    if (c == ':' && !(found.back().size() == 1 && is_letter(found.back()[0]))) {
      found.emplace_back();
    } else {
      found.back() += c;
    }
  }
  return found;
}

bool is_path(const std::string& source) {
  if (source[0] == '.' || source[0] == '/' || source[0] == '~') return true;
  return source.starts_with("\\\\") || (source.size() > 1 && is_letter(source[0]) && source[1] == ':');
}

bool is_propagation(std::string_view option) {
  for (const char* const known : {"rprivate", "private", "rshared", "shared", "rslave", "slave"}) {
    if (option == known) return true;
  }
  return false;
}

struct MountOptions {
  bool is_read_only = false;
  Value bind;
  Value volume;
};

MountOptions parse_options(const std::string& text) {
  MountOptions options;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string option = text.substr(at, end - at);
    at = end + 1;
    if (option == "ro") options.is_read_only = true;
    if (option == "rw") options.is_read_only = false;
    if (option == "nocopy") {
      Map volume;
      volume.append("nocopy", true);
      options.volume = std::move(volume);
    }
    if (is_propagation(option)) {
      Map bind;
      bind.append("propagation", option);
      options.bind = std::move(bind);
    }
  }
  return options;
}

}  // namespace

Result<Value> parse_mount(const std::string& text) {
  if (text.empty()) return invalid_argument("invalid empty volume spec");
  const auto parts = text.size() <= 2 ? std::vector<std::string>{text} : sections(text);
  const auto wrong = [&](const char* what) { return invalid_argument("invalid spec: " + text + ": " + what); };
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) return wrong("empty section between colons");
    if (i == 2 && parts.size() > 3) return wrong("too many colons");
  }
  const std::string source = parts.size() > 1 ? parts[0] : "";
  MountOptions options = parts.size() > 2 ? parse_options(parts[2]) : MountOptions();
  Map mount;
  mount.append("type", !source.empty() && is_path(source) ? "bind" : "volume");
  if (!source.empty()) mount.append("source", source);
  mount.append("target", parts.size() > 1 ? parts[1] : parts[0]);
  if (options.is_read_only) mount.append("read_only", true);
  if (!options.bind.is_null()) mount.append("bind", std::move(options.bind));
  if (!options.volume.is_null()) mount.append("volume", std::move(options.volume));
  return Value(std::move(mount));
}

}  // namespace skein::stack
