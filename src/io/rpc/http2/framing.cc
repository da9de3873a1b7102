#include "io/rpc/http2/framing.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace skein::rpc {
namespace {

constexpr size_t kEncodedMessageBytesMax = 4096;
constexpr size_t kTimeoutDigitsMax = 8;
constexpr std::chrono::nanoseconds kTimeoutMax = std::chrono::hours(24 * 100);

struct TimeoutUnit {
  char letter;
  int64_t ns;
};
constexpr std::array<TimeoutUnit, 6> kTimeoutUnits{
    {{'n', 1}, {'u', 1'000}, {'m', 1'000'000}, {'S', 1'000'000'000}, {'M', 60'000'000'000}, {'H', 3'600'000'000'000}}};

bool is_plain(char c) { return c >= ' ' && c <= '~' && c != '%'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string frame_message(std::string_view message) {
  SKEIN_ASSERT(message.size() <= UINT32_MAX);
  std::string frame;
  frame.reserve(kFrameHeaderBytes + message.size());
  frame.push_back(0);
  for (int shift = 24; shift >= 0; shift -= 8) frame.push_back(static_cast<char>(message.size() >> shift));
  frame += message;
  return frame;
}

Result<void> Deframer::feed(std::string_view bytes, std::deque<std::string>& messages) {
  while (!bytes.empty() || (is_in_body_ && body_bytes_ == body_.size())) {
    if (!is_in_body_) {
      size_t take = std::min(kFrameHeaderBytes - header_.size(), bytes.size());
      header_ += bytes.substr(0, take);
      bytes.remove_prefix(take);
      if (header_.size() == kFrameHeaderBytes) SKEIN_TRY(open_body());
      continue;
    }
    size_t take = std::min(body_bytes_ - body_.size(), bytes.size());
    body_ += bytes.substr(0, take);
    bytes.remove_prefix(take);
    if (body_.size() < body_bytes_) continue;
    messages.push_back(std::exchange(body_, {}));
    is_in_body_ = false;
  }
  return {};
}

Result<void> Deframer::open_body() {
  auto octet = [&](size_t i) { return static_cast<uint8_t>(header_[i]); };
  if (octet(0) == 1)
    return make_error(Code::kUnimplemented, "grpc: compressed message, though no compression was agreed");
  if (octet(0) != 0) return make_error(Code::kInternal, "grpc: received unexpected payload format");
  size_t length = size_t{octet(1)} << 24 | octet(2) << 16 | octet(3) << 8 | octet(4);
  if (length > message_bytes_max_)
    return make_error(Code::kResourceExhausted, "grpc: received message larger than max (" + std::to_string(length) +
                                                    " vs. " + std::to_string(message_bytes_max_) + ")");
  header_.clear();
  is_in_body_ = true;
  body_bytes_ = length;
  return {};
}

std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > kTimeoutDigitsMax + 1) return std::nullopt;
  auto unit = std::find_if(kTimeoutUnits.begin(), kTimeoutUnits.end(),
                           [&](const TimeoutUnit& each) { return each.letter == text.back(); });
  if (unit == kTimeoutUnits.end()) return std::nullopt;
  text.remove_suffix(1);
  uint64_t count = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (count > static_cast<uint64_t>(kTimeoutMax.count() / unit->ns)) return kTimeoutMax;
  return std::chrono::nanoseconds(static_cast<int64_t>(count) * unit->ns);
}

std::string format_timeout(std::chrono::nanoseconds timeout) {
  int64_t ns = std::clamp<int64_t>(timeout.count(), 0, kTimeoutMax.count());
  for (const TimeoutUnit& unit : kTimeoutUnits) {
    int64_t count = (ns + unit.ns - 1) / unit.ns;
    if (count <= 99'999'999) return std::to_string(count) + unit.letter;
  }
  return "99999999H";
}

std::string percent_encode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    if (out.size() + 3 > kEncodedMessageBytesMax) break;
    if (is_plain(c)) {
      out.push_back(c);
      continue;
    }
    out.push_back('%');
    out.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
    out.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      out.push_back(text[i]);
      continue;
    }
    out.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  return out;
}

Code parse_status(std::string_view text) {
  int number = -1;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return Code::kUnknown;
  if (number < 0 || number > static_cast<int>(Code::kUnauthenticated)) return Code::kUnknown;
  return static_cast<Code>(number);
}

Code code_of_http_status(int status) {
  switch (status) {
    case 400: return Code::kInternal;
    case 401: return Code::kUnauthenticated;
    case 403: return Code::kPermissionDenied;
    case 404: return Code::kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504: return Code::kUnavailable;
    default: return Code::kUnknown;
  }
}

Code code_of_reset(uint32_t http2_error) {
  switch (http2_error) {
    case 0x7: return Code::kUnavailable;        // REFUSED_STREAM
    case 0x8: return Code::kCanceled;           // CANCEL
    case 0xb: return Code::kResourceExhausted;  // ENHANCE_YOUR_CALM
    case 0xc: return Code::kPermissionDenied;   // INADEQUATE_SECURITY
    default: return Code::kInternal;
  }
}

bool is_grpc_content_type(std::string_view text) {
  constexpr std::string_view kType = "application/grpc";
  if (!text.starts_with(kType)) return false;
  return text.size() == kType.size() || text[kType.size()] == '+' || text[kType.size()] == ';';
}

}  // namespace skein::rpc
