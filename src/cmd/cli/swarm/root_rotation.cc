#include "cmd/cli/swarm/root_rotation.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "cmd/cli/service/progress_display.h"

namespace skein::cli {

namespace {

constexpr int kLines = 3;
const char* const kDigest = "desired root digest";
const char* const kCertificates = "  rotated TLS certificates";
const char* const kRoots = "  rotated CA certificates";

std::string sha256_of(const std::string& text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return "sha256:" + to_hex(as_text(digest));
}

bool is_same(const Json& a, const Json& b, const char* key) { return text_at(a, key) == text_at(b, key); }

}  // namespace

RotationProgress rotation_progress(const Json& swarm, const Json& nodes) {
  RotationProgress out;
  const Json& wanted = at(swarm, "TLSInfo");
  out.digest = sha256_of(text_at(wanted, "TrustRoot"));
  for (const Json& node : nodes) {
    const Json& shown = at(at(node, "Description"), "TLSInfo");
    ++out.nodes;
    if (is_same(shown, wanted, "CertIssuerPublicKey") && is_same(shown, wanted, "CertIssuerSubject"))
      ++out.certificates;
    if (is_same(shown, wanted, "TrustRoot")) ++out.roots;
  }
  const bool has_certificates = out.certificates == out.nodes && at(swarm, "RootRotationInProgress") != true;
  if (!has_certificates) out.roots = 0;
  out.is_done = has_certificates && out.roots == out.nodes;
  return out;
}

RotationDisplay::RotationDisplay(std::FILE* output, int columns) : output_(output), columns_(columns) {
  if (columns_ > 0) std::fputs(std::string(kLines, '\n').c_str(), output_);
  line(0, std::string(kDigest) + ": ");
  line(1, std::string(kCertificates) + ": ");
  line(2, std::string(kRoots) + ":  ");
}

void RotationDisplay::show(const RotationProgress& progress) {
  line(0, std::string(kDigest) + ": " + progress.digest);
  if (columns_ == 0) return;
  line(1, std::string(kCertificates) + ":  " + bar(progress.certificates, progress.nodes));
  line(2, std::string(kRoots) + ":   " + bar(progress.roots, progress.nodes));
}

void RotationDisplay::line(int number, const std::string& text) {
  const std::string rows = std::to_string(kLines - number);
  const std::string shown = columns_ == 0 ? text + "\n" : "\x1b[" + rows + "A\x1b[2K\r" + text + "\r\x1b[" + rows + "B";
  std::fputs(shown.c_str(), output_);
  std::fflush(output_);
}

std::string RotationDisplay::bar(int64_t count, int64_t total) const {
  return progress_bar(count, total, columns_) + std::to_string(count) + "/" + std::to_string(total) + " nodes";
}

}  // namespace skein::cli
