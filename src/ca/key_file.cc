#include "ca/key_file.h"

#include <charconv>

#include "ca/root_ca.h"

namespace skein::ca {
namespace {

constexpr std::string_view kKekVersion = "kek-version";
constexpr size_t kHeaderCountMax = 16;

Error bad(std::string because) { return make_error(Code::kInvalidArgument, "invalid key file", std::move(because)); }

// The text up to the next line end, taken off `rest`.
std::string_view take_line(std::string_view& rest) {
  size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

Result<KeyFile> KeyFile::parse(std::string_view text) {
  if (text.size() > kPemSizeMax) return bad("too large");
  KeyFile out;
  std::string_view rest = text;
  std::string_view begin = take_line(rest);
  out.is_encrypted = begin == "-----BEGIN ENCRYPTED PRIVATE KEY-----";
  if (!out.is_encrypted && begin != "-----BEGIN PRIVATE KEY-----") return bad("it must start with a PKCS#8 block");
  out.key_pem = std::string(begin) + "\n";

  bool has_headers = false;
  while (rest.substr(0, rest.find('\n')).find(':') != std::string_view::npos) {
    std::string_view line = take_line(rest);
    size_t colon = line.find(':');
    std::string name(line.substr(0, colon));
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (name == kKekVersion) {
      auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), out.kek_version);
      if (failed != std::errc() || end != value.data() + value.size()) return bad("kek-version is not a number");
    } else if (out.headers.size() == kHeaderCountMax || !out.headers.emplace(name, value).second) {
      return bad("too many headers, or one twice");
    }
    has_headers = true;
  }
  if (has_headers && !take_line(rest).empty()) return bad("no empty line after the headers");

  std::string_view end = out.is_encrypted ? "-----END ENCRYPTED PRIVATE KEY-----" : "-----END PRIVATE KEY-----";
  while (!rest.empty()) {
    std::string_view line = take_line(rest);
    out.key_pem.append(line).append("\n");
    if (line == end) return out;
  }
  return bad("it has no end");
}

std::string KeyFile::text() const {
  size_t first_line = key_pem.find('\n') + 1;
  std::string out = key_pem.substr(0, first_line);
  out += std::string(kKekVersion) + ": " + std::to_string(kek_version) + "\n";
  for (const auto& [name, value] : headers) out += name + ": " + value + "\n";
  return out + "\n" + key_pem.substr(first_line);
}

}  // namespace skein::ca
