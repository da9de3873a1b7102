#include "io/http/router.h"

#include <algorithm>

namespace skein::io::http {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    if (path.front() == '/') path.remove_prefix(1);
    size_t end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

// "/v1.41/info" → "1.41" and "/info"; a path without a version is left alone.
std::optional<std::string> take_version(std::string& path) {
  if (!path.starts_with("/v") || path.size() < 3 || path[2] < '0' || path[2] > '9') return std::nullopt;
  size_t end = std::min(path.find('/', 1), path.size());
  std::string version = path.substr(2, end - 2);
  if (version.find_first_not_of("0123456789.") != version.npos) return std::nullopt;
  path.erase(0, end);
  return version;
}

Response no_such_page() { return Response::of_message(404, "page not found"); }

}  // namespace

void Router::add(std::string method, std::string_view pattern, Handler handler, BodyMode body_mode) {
  Route route{std::move(method), {}, std::move(handler), body_mode};
  for (auto& text : split(pattern)) {
    if (!text.starts_with('{')) {
      route.segments.push_back({Segment::Kind::kLiteral, text});
      continue;
    }
    bool is_many = text.ends_with("*}");
    auto kind = is_many ? Segment::Kind::kMany : Segment::Kind::kOne;
    route.segments.push_back({kind, text.substr(1, text.size() - (is_many ? 3 : 2))});
  }
  routes_.push_back(std::move(route));
}

bool Router::match(const Route& route, const std::vector<std::string>& path, Request& request) {
  size_t at = 0;
  request.params.clear();
  for (size_t i = 0; i < route.segments.size(); ++i) {
    const Segment& segment = route.segments[i];
    size_t segments_behind = route.segments.size() - i - 1;
    if (at + 1 + segments_behind > path.size()) return false;
    if (segment.kind == Segment::Kind::kLiteral) {
      if (path[at++] != segment.text) return false;
      continue;
    }
    size_t end = segment.kind == Segment::Kind::kMany ? path.size() - segments_behind : at + 1;
    std::string value = path[at++];
    while (at < end) value += '/' + path[at++];
    if (value.empty()) return false;
    request.params[segment.text] = std::move(value);
  }
  return at == path.size();
}

boost::asio::awaitable<Response> Router::answer(Request& request) {
  Response response = co_await answer_unframed(request);
  response.headers.set("Api-Version", options_.version_max.text());
  response.headers.set("Docker-Experimental", "false");
  response.headers.set("Ostype", "linux");
  response.headers.set("Server", options_.server_name);
  co_return response;
}

boost::asio::awaitable<Response> Router::answer_unframed(Request& request) {
  request.version = options_.version_max;
  if (auto text = take_version(request.path)) {
    auto version = ApiVersion::parse(*text);
    if (!version) co_return no_such_page();
    if (*version > options_.version_max)
      co_return Response::of_message(400, "client version " + version->text() +
                                              " is too new. Maximum supported API version is " +
                                              options_.version_max.text());
    if (*version < options_.version_min)
      co_return Response::of_message(
          400, "client version " + version->text() + " is too old. Minimum supported API version is " +
                   options_.version_min.text() + ", please upgrade your client to a newer version");
    request.version = *version;
  }

  auto path = split(request.path);
  bool is_path_known = false;
  for (const Route& route : routes_) {
    if (!match(route, path, request)) continue;
    is_path_known = true;
    if (route.method != request.method) continue;
    if (route.body_mode == BodyMode::kWhole && request.source != nullptr) {
      auto body = co_await read_all(*request.source, options_.body_bytes_max);
      if (!body.ok()) {
        int status = body.error().code == Code::kResourceExhausted ? 413 : 400;
        co_return Response::of_message(status, body.error().text());
      }
      request.body = std::move(*body);
    }
    co_return co_await route.handler(request);
  }
  if (is_path_known) co_return Response::of_message(405, "method not allowed");
  co_return no_such_page();
}

}  // namespace skein::io::http
