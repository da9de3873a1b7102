#include "engine/registry/registry_client.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/values/json_fields.h"
#include "io/http/head.h"
#include "io/http/web_client.h"

namespace skein::engine {

using boost::asio::awaitable;
using io::http::ClientRequest;
using io::http::Reply;
using io::http::WebServer;
using nlohmann::json;

namespace {

constexpr std::chrono::milliseconds kPatience = std::chrono::seconds(15);
constexpr size_t kAnswerBytesMax = size_t{4} << 20;  // of a manifest or a config
constexpr int kRedirectsMax = 3;
constexpr const char* kManifestTypes =
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";

std::vector<std::string> certificates_for(const std::string& registry) {
  std::vector<std::string> out;
  std::error_code failed;
  for (const auto& file : std::filesystem::directory_iterator("/etc/docker/certs.d/" + registry, failed))
    if (file.path().extension() == ".crt") out.push_back(file.path());
  return out;
}

// In the order in which they are tried.
Result<std::vector<WebServer>> servers_of(const std::string& registry) {
  SKEIN_TRY_ASSIGN(const RegistryHost host, registry_host(registry));
  auto port = [&](uint16_t usual) { return host.port ? host.port : usual; };
  std::vector<WebServer> out{{host.host, port(443), true, !host.is_loopback, certificates_for(registry)}};
  if (host.is_loopback) out.push_back({host.host, port(80), false, false, {}});
  return out;
}

struct Url {
  WebServer server;
  std::string target;
};
Result<Url> parse_url(const std::string& text) {
  const size_t scheme = text.find("://");
  const std::string name = text.substr(0, scheme);
  if (scheme == std::string::npos || (name != "https" && name != "http")) return invalid_argument("no URL: " + text);
  const size_t path = std::min(text.find('/', scheme + 3), text.size());
  const std::string registry = text.substr(scheme + 3, path - scheme - 3);
  SKEIN_TRY_ASSIGN(std::vector<WebServer> servers, servers_of(registry));
  Url out{name == "http" ? servers.back() : servers.front(), path < text.size() ? text.substr(path) : "/"};
  if (name == "https") return out;
  if (out.server.is_tls) return invalid_argument("plain HTTP to another host: " + text);
  return out;
}

class RegistryAccess {
 public:
  RegistryAccess(std::vector<WebServer> servers, RegistryCredentials credentials)
      : servers_(std::move(servers)), credentials_(std::move(credentials)) {}

  const WebServer& server() const { return servers_.front(); }
  awaitable<Result<Reply>> get(std::string target);

 private:
  awaitable<Result<Reply>> ask_first(const std::string& target);
  awaitable<Result<void>> authorize(const Challenge& challenge);
  awaitable<Result<Reply>> follow(Reply reply);

  std::vector<WebServer> servers_;  // the first one, once it has answered
  RegistryCredentials credentials_;
  std::string authorization_;
};

ClientRequest registry_request(const std::string& target, const std::string& authorization) {
  ClientRequest out;
  out.target = target;
  out.timeout = kPatience;
  out.headers.set("Accept", kManifestTypes);
  if (!authorization.empty()) out.headers.set("Authorization", authorization);
  return out;
}

awaitable<Result<Reply>> RegistryAccess::ask_first(const std::string& target) {
  auto reply = co_await io::http::ask_web(server(), registry_request(target, authorization_), kAnswerBytesMax);
  while (!reply.ok() && servers_.size() > 1) {
    servers_.erase(servers_.begin());
    reply = co_await io::http::ask_web(server(), registry_request(target, authorization_), kAnswerBytesMax);
  }
  servers_.resize(1);
  if (reply.ok()) co_return reply;
  const std::string& why = reply.error().what;
  const std::string url = server().url();
  co_return make_error(Code::kUnknown, "Get \"" + url + "/v2/\": " + why, "",
                       registry_advice(why, url.substr(url.find("//") + 2)));
}

awaitable<Result<void>> RegistryAccess::authorize(const Challenge& challenge) {
  if (!credentials_.registry_token.empty()) {
    authorization_ = "Bearer " + credentials_.registry_token;
    co_return Result<void>();
  }
  const std::string basic = basic_authorization(credentials_);
  if (challenge.scheme != "bearer") {
    if (basic.empty()) co_return make_error(Code::kUnknown, "no basic auth credentials");
    authorization_ = basic;
    co_return Result<void>();
  }
  auto parameter = [&](const char* name) {
    auto found = challenge.parameters.find(name);
    return found == challenge.parameters.end() ? std::string() : found->second;
  };
  auto url = parse_url(parameter("realm"));
  if (!url.ok()) co_return url.error();
  std::string target = url->target + (url->target.find('?') == std::string::npos ? "?" : "&") +
                       "service=" + io::http::percent_encode(parameter("service"));
  if (!parameter("scope").empty()) target += "&scope=" + io::http::percent_encode(parameter("scope"));
  auto reply = co_await io::http::ask_web(url->server, registry_request(target, basic), kAnswerBytesMax);
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success())
    co_return make_error(reply->status == 401 ? Code::kUnauthenticated : Code::kUnavailable,
                         registry_error(reply->status, reply->body));
  const json answer = json::parse(reply->body, nullptr, false);
  std::string token = text_of(answer, "token");
  if (token.empty()) token = text_of(answer, "access_token");
  authorization_ = "Bearer " + token;
  co_return Result<void>();
}

// Blobs may lie elsewhere, where credentials are nobody's business.
awaitable<Result<Reply>> RegistryAccess::follow(Reply reply) {
  for (int i = 0; i < kRedirectsMax && reply.status >= 301 && reply.status <= 308; ++i) {
    std::string location(reply.headers.get("Location"));
    if (location.starts_with('/')) location.insert(0, server().url());
    auto url = parse_url(location);
    if (!url.ok()) co_return url.error();
    auto next = co_await io::http::ask_web(url->server, registry_request(url->target, ""), kAnswerBytesMax);
    if (!next.ok()) co_return next.error();
    reply = std::move(*next);
  }
  co_return reply;
}

awaitable<Result<Reply>> RegistryAccess::get(std::string target) {
  auto reply = co_await ask_first(target);
  if (!reply.ok()) co_return reply;
  if (reply->status == 401 && authorization_.empty()) {
    auto authorized = co_await authorize(parse_challenge(reply->headers.get("WWW-Authenticate")));
    if (!authorized.ok()) {
      Error error = authorized.error();
      error.what = (target == "/v2/" ? "Get \"" : "Head \"") + server().url() + target + "\": " + error.what;
      co_return error;
    }
    reply = co_await ask_first(target);
    if (!reply.ok()) co_return reply;
  }
  auto followed = co_await follow(std::move(*reply));
  co_return followed;
}

Code code_of(int status) {
  if (status == 401) return Code::kUnauthenticated;
  if (status == 403) return Code::kPermissionDenied;
  return status == 404 ? Code::kNotFound : Code::kUnknown;
}

}  // namespace

awaitable<Result<json>> ask_distribution(std::string image, RegistryCredentials credentials) {
  SKEIN_CO_TRY_ASSIGN(const ImagePlace place, image_place(image));
  SKEIN_CO_TRY_ASSIGN(std::vector<WebServer> servers, servers_of(place.registry));
  RegistryAccess session(std::move(servers), std::move(credentials));
  const std::string path = "/v2/" + place.repository;
  SKEIN_CO_TRY_ASSIGN(const Reply manifest, co_await session.get(path + "/manifests/" + place.reference));
  if (!manifest.is_success())
    co_return make_error(code_of(manifest.status), registry_error(manifest.status, manifest.body));
  std::string digest(manifest.headers.get("Docker-Content-Digest"));
  if (digest.empty() && place.reference.find(':') != std::string::npos) digest = place.reference;
  std::string type(manifest.headers.get("Content-Type"));
  json out = distribution_of(type.substr(0, type.find(';')), digest, manifest.body);
  if (auto config = config_digest(manifest.body)) {
    auto blob = co_await session.get(path + "/blobs/" + *config);
    if (blob.ok() && blob->is_success()) add_platform(out, blob->body);
  }
  co_return out;
}

awaitable<Result<void>> check_login(RegistryCredentials credentials) {
  std::string registry = credentials.server;
  if (const size_t scheme = registry.find("://"); scheme != std::string::npos) registry.erase(0, scheme + 3);
  registry.resize(std::min(registry.find('/'), registry.size()));
  SKEIN_CO_TRY_ASSIGN(std::vector<WebServer> servers, servers_of(registry));
  RegistryAccess session(std::move(servers), std::move(credentials));
  SKEIN_CO_TRY_ASSIGN(const Reply reply, co_await session.get("/v2/"));
  if (reply.is_success()) co_return Result<void>();
  co_return make_error(Code::kUnknown, "login attempt to " + session.server().url() +
                                           "/v2/ failed with status: " + std::to_string(reply.status) + " " +
                                           std::string(io::http::reason_of(reply.status)));
}

}  // namespace skein::engine
