#include "node/daemon_id.h"

#include <cctype>

#include "io/file/file.h"

namespace skein::node {

namespace {

constexpr size_t kUuidLength = 36;

bool is_uuid(const std::string& text) {
  if (text.size() != kUuidLength) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

// A random UUID: version 4, variant 8 (RFC 9562).
std::string make_uuid(Random& random) {
  return random.hex(8) + "-" + random.hex(4) + "-4" + random.hex(3) + "-8" + random.hex(3) + "-" + random.hex(12);
}

}  // namespace

Result<std::string> keep_daemon_id(const std::string& path, Random& random) {
  auto kept = io::read_file(path);
  if (kept.ok() && is_uuid(*kept)) return kept;
  if (!kept.ok() && kept.error().code != Code::kNotFound) return kept.error();
  std::string made = make_uuid(random);
  SKEIN_TRY(io::write_file_atomically(path, made, 0600));
  return made;
}

}  // namespace skein::node
