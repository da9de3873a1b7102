#include "io/http/message.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/text/json_text.h"

namespace skein::io::http {
namespace {

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 2, value, 16).ptr == &text[i + 1] + 2) {
      out += static_cast<char>(value);
      i += 2;
    } else if (text[i] == '+' && plus_is_blank) {
      out += ' ';
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::string percent_decode(std::string_view text) { return decode(text, false); }

std::string percent_encode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : text) {
    if (std::isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += static_cast<char>(c);
    } else {
      out += {'%', kDigits[c >> 4], kDigits[c & 15]};
    }
  }
  return out;
}

std::string_view Headers::get(std::string_view name) const {
  for (const auto& [key, value] : fields_)
    if (equals_ignoring_case(key, name)) return value;
  return {};
}

bool Headers::has(std::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(), [&](auto& f) { return equals_ignoring_case(f.first, name); });
}

void Headers::set(std::string_view name, std::string_view value) {
  for (auto& [key, old] : fields_) {
    if (!equals_ignoring_case(key, name)) continue;
    old = value;
    return;
  }
  fields_.emplace_back(name, value);
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](auto& f) { return equals_ignoring_case(f.first, name); });
}

Query Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    size_t end = std::min(text.find('&'), text.size());
    std::string_view field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (field.empty()) continue;
    size_t equals = field.find('=');
    std::string_view value = equals == field.npos ? std::string_view() : field.substr(equals + 1);
    query.fields_.emplace_back(decode(field.substr(0, equals), true), decode(value, true));
  }
  return query;
}

std::string Query::get(std::string_view name) const {
  for (const auto& [key, value] : fields_)
    if (key == name) return value;
  return {};
}

std::vector<std::string> Query::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : fields_)
    if (key == name) values.push_back(value);
  return values;
}

bool Query::has(std::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(), [&](auto& f) { return f.first == name; });
}

bool Query::flag(std::string_view name) const {
  std::string value = get(name);
  std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) { return std::tolower(c); });
  return !(value.empty() || value == "0" || value == "no" || value == "false" || value == "none");
}

void Query::set(std::string_view name, std::string_view value) {
  remove(name);
  fields_.emplace_back(name, value);
}

void Query::remove(std::string_view name) {
  std::erase_if(fields_, [&](auto& f) { return f.first == name; });
}

std::string Query::text() const {
  std::string out;
  for (const auto& [key, value] : fields_) {
    if (!out.empty()) out += '&';
    out += percent_encode(key) + '=' + percent_encode(value);
  }
  return out;
}

boost::asio::awaitable<Result<std::string>> read_all(BodySource& source, size_t size_bytes_max) {
  std::string whole;
  while (true) {
    auto piece = co_await source.read_some();
    if (!piece.ok()) co_return piece.error();
    if (piece->empty()) co_return whole;
    if (whole.size() + piece->size() > size_bytes_max)
      co_return make_error(Code::kResourceExhausted, "http: request body too large");
    whole += *piece;
  }
}

std::optional<ApiVersion> ApiVersion::parse(std::string_view text) {
  ApiVersion version;
  const char* end = text.data() + text.size();
  auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.' || version.major < 0) return std::nullopt;
  auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  if (minor.ec != std::errc() || minor.ptr != end || version.minor < 0) return std::nullopt;
  return version;
}

std::string ApiVersion::text() const { return std::to_string(major) + '.' + std::to_string(minor); }

const std::string& Request::param(std::string_view name) const {
  auto found = params.find(name);
  SKEIN_ASSERT(found != params.end());
  return found->second;
}

bool Request::wants_upgrade() const {
  std::string connection(headers.get("Connection"));
  std::transform(connection.begin(), connection.end(), connection.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return connection.find("upgrade") != std::string::npos && !headers.get("Upgrade").empty();
}

Response Response::of_json(int status, const nlohmann::json& value) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/json");
  // Container output and labels may hold bytes that are no UTF-8: they must not throw.
  response.body = json_text(value) + "\n";
  return response;
}

Response Response::of_text(int status, std::string text) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(text);
  return response;
}

Response Response::of_status(int status) {
  Response response;
  response.status = status;
  return response;
}

Response Response::of_message(int status, const std::string& message) {
  return of_json(status, nlohmann::json{{"message", message}});
}

Response Response::of_error(const Error& error) { return of_message(http_status(error.code), error.text()); }

}  // namespace skein::io::http
