#include "io/http/head.h"

#include <array>
#include <ctime>

namespace skein::io::http {

std::string_view reason_of(int status) {
  switch (status) {
    case 101: return "UPGRADED";  // Docker's word
    case 200: return "OK";
    case 201: return "Created";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Request Entity Too Large";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    default: return "";
  }
}

std::string format_fields(const Headers& headers) {
  std::string out;
  for (const auto& [name, value] : headers) {
    out += name + ": ";
    for (char c : value) out += c == '\r' || c == '\n' ? ' ' : c;
    out += "\r\n";
  }
  return out;
}

std::string format_response_head(int status, std::string_view reason, const Headers& headers) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + ' ';
  out += reason;
  return out + "\r\n" + format_fields(headers) + "\r\n";
}

std::string format_request_head(std::string_view method, std::string_view target, const Headers& headers) {
  std::string out(method);
  out += ' ';
  for (char c : target) out += c == '\r' || c == '\n' || c == ' ' ? '_' : c;
  return out + " HTTP/1.1\r\n" + format_fields(headers) + "\r\n";
}

std::string format_chunk(std::string_view bytes) {
  std::array<char, 20> length{};
  std::snprintf(length.data(), length.size(), "%zx\r\n", bytes.size());
  std::string out(length.data());
  out.reserve(out.size() + bytes.size() + 2);
  out += bytes;
  return out + "\r\n";
}

std::string format_http_date(WallTime time) {
  std::time_t seconds = time.seconds();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

}  // namespace skein::io::http
