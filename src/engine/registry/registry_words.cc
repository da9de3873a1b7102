#include "engine/registry/registry_words.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

Result<ImagePlace> image_place(const std::string& name) {
  ImagePlace out;
  const size_t slash = name.find('/');
  const std::string first = slash == std::string::npos ? "" : name.substr(0, slash);
  if (first.empty() || (first.find_first_of(".:") == std::string::npos && first != "localhost") || first == "docker.io")
    return make_error(Code::kUnimplemented, "the default registry is not asked for digests", "",
                      "name the image with its registry");
  out.registry = first;
  std::string rest = name.substr(slash + 1);
  out.reference = "latest";
  if (const size_t at = rest.find('@'); at != std::string::npos) {
    out.reference = rest.substr(at + 1);
    rest.resize(at);
    rest.resize(std::min(rest.find(':'), rest.size()));
  } else if (const size_t colon = rest.find(':'); colon != std::string::npos) {
    out.reference = rest.substr(colon + 1);
    rest.resize(colon);
  }
  out.repository = rest;
  return out;
}

// "[::1]:5000" too.
Result<RegistryHost> registry_host(std::string_view registry) {
  RegistryHost out;
  const Error bad = invalid_argument("invalid registry \"" + std::string(registry.substr(0, 100)) + "\"");
  const size_t colon = registry.rfind(':');
  const bool has_port = colon != std::string_view::npos && registry.find(']', colon) == std::string_view::npos;
  std::string_view host = has_port ? registry.substr(0, colon) : registry;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (has_port) {
    const std::string_view digits = registry.substr(colon + 1);
    auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
    if (failed != std::errc() || end != digits.data() + digits.size() || out.port == 0) return bad;
  }
  const auto is_of_name = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
           c == ':' || c == '_';
  };
  if (host.empty() || !std::ranges::all_of(host, is_of_name)) return bad;
  out.host = host;
  out.is_loopback = host == "localhost" || host.starts_with("127.") || host == "::1";
  return out;
}

Result<RegistryCredentials> credentials_of(const json& value) {
  if (!value.is_object()) return invalid_argument("invalid X-Registry-Auth header: it is no JSON object");
  return RegistryCredentials{text_of(value, "username"), text_of(value, "password"), text_of(value, "identitytoken"),
                             text_of(value, "registrytoken"), text_of(value, "serveraddress")};
}

Result<RegistryCredentials> credentials_of_header(std::string_view header) {
  if (header.empty()) return RegistryCredentials();
  auto text = from_base64(header);
  if (!text.ok()) return invalid_argument("invalid X-Registry-Auth header: it is no base64");
  return credentials_of(json::parse(*text, nullptr, false));
}

std::string basic_authorization(const RegistryCredentials& credentials) {
  if (credentials.username.empty() && credentials.password.empty()) return "";
  return "Basic " + to_base64(credentials.username + ":" + credentials.password);
}

Challenge parse_challenge(std::string_view header) {
  Challenge out;
  size_t at = std::min(header.find(' '), header.size());
  for (char c : header.substr(0, at)) out.scheme += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  while (at < header.size()) {
    at = std::min(header.find_first_not_of(" ,", at), header.size());
    const size_t equals = header.find('=', at);
    if (equals == std::string_view::npos) break;
    std::string name(header.substr(at, equals - at)), value;
    at = equals + 1;
    if (at < header.size() && header[at] == '"') {
      for (++at; at < header.size() && header[at] != '"'; ++at) {
        if (header[at] == '\\' && at + 1 < header.size()) ++at;
        value += header[at];
      }
      at = std::min(at + 1, header.size());
    } else {
      const size_t end = std::min(header.find(',', at), header.size());
      value = header.substr(at, end - at);
      at = end;
    }
    out.parameters[name] = value;
  }
  return out;
}

namespace {

// Of the members that Docker shows.
json platform_of(const json& from) {
  json out = json::object();
  for (const char* name : {"architecture", "os", "os.version", "variant"})
    if (std::string text = text_of(from, name); !text.empty()) out[name] = text;
  return out;
}

}  // namespace

json distribution_of(const std::string& media_type, const std::string& digest, const std::string& body) {
  json out{{"Descriptor", {{"mediaType", media_type}, {"digest", digest}, {"size", body.size()}}},
           {"Platforms", json::array()}};
  const json manifest = json::parse(body, nullptr, false);
  if (!manifest.is_object() || !manifest.contains("manifests") || !manifest["manifests"].is_array()) return out;
  for (const json& entry : manifest["manifests"])
    if (entry.is_object() && entry.contains("platform")) out["Platforms"].push_back(platform_of(entry["platform"]));
  return out;
}

std::optional<std::string> config_digest(const std::string& manifest) {
  const json value = json::parse(manifest, nullptr, false);
  if (!value.is_object() || !value.contains("config")) return std::nullopt;
  std::string digest = text_of(value["config"], "digest");
  return digest.empty() ? std::nullopt : std::optional(std::move(digest));
}

void add_platform(json& distribution, const std::string& config) {
  const json platform = platform_of(json::parse(config, nullptr, false));
  if (!platform.empty()) distribution["Platforms"].push_back(platform);
}

std::string registry_advice(const std::string& failure, const std::string& registry) {
  if (failure.find("x509: certificate signed by unknown authority") != std::string::npos)
    return "put the certificate of who signed it into /etc/docker/certs.d/" + registry + "/ca.crt on each host";
  if (failure.find("server gave HTTP response to HTTPS client") != std::string::npos)
    return "give the registry a TLS certificate: plain HTTP is for registries on the loopback";
  return "";
}

std::string registry_failure(const std::string& text, const std::string& image) {
  const std::string pinging = "pinging container registry ";
  if (const size_t at = text.find(pinging); at != std::string::npos)
    if (const size_t end = text.find(": Get ", at); end != std::string::npos) {
      const std::string advice = registry_advice(text, image.substr(0, image.find('/')));
      return text.substr(end + 2) + (advice.empty() ? "" : "; " + advice);
    }
  for (const std::string known : {"unauthorized: ", "denied: "})
    if (const size_t at = text.rfind(": " + known); at != std::string::npos) return text.substr(at + 2);
  if (const size_t at = text.find(": manifest unknown: "); at != std::string::npos)
    return "manifest for " + image + " not found" + text.substr(at);
  return text;
}

std::string registry_error(int status, const std::string& body) {
  const json value = json::parse(body, nullptr, false);
  if (value.is_object() && value.contains("errors") && value["errors"].is_array() && !value["errors"].empty()) {
    std::string code = text_of(value["errors"][0], "code");
    const std::string message = text_of(value["errors"][0], "message");
    std::ranges::transform(code, code.begin(), [](unsigned char c) { return c == '_' ? ' ' : std::tolower(c); });
    if (!code.empty()) return code + ": " + message;
  }
  return "received unexpected HTTP status: " + std::to_string(status);
}

}  // namespace skein::engine
