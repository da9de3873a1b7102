#include "cmd/cli/image/registry_logins.h"

#include <cstdlib>

#include "base/bytes.h"
#include "base/text/json_text.h"
#include "cmd/cli/image/credential_helper.h"
#include "io/file/file.h"

namespace skein::cli {

namespace {

// The one that images without a registry's name are of, under the name that it has in the file.
constexpr const char* kDefaultServer = "https://index.docker.io/v1/";

std::string url_safe(std::string base64) {
  for (char& c : base64) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return base64;
}

std::string helper_of(const Json& config, const std::string& server) {
  const std::string own = text_at(at(config, "credHelpers"), server);
  return own.empty() ? text_at(config, "credsStore") : own;
}

Result<RegistryLogin> login_of(const std::string& server, const Json& entry) {
  RegistryLogin out{server, text_at(entry, "username"), text_at(entry, "password"), text_at(entry, "identitytoken")};
  const std::string auth = text_at(entry, "auth");
  if (auth.empty()) return out;
  auto pair = from_base64(auth);
  const size_t colon = pair.ok() ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return invalid_argument("invalid auth configuration file");
  out.username = pair->substr(0, colon);
  out.password = pair->substr(colon + 1);
  while (out.password.ends_with('\0')) out.password.pop_back();
  return out;
}

}  // namespace

std::string RegistryLogin::header() const {
  Json out = Json::object();
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) out[name] = value;
  };
  if (!is_empty()) {
    add("username", username);
    add("password", password);
    add("serveraddress", server);
    add("identitytoken", identity_token);
  }
  return url_safe(to_base64(json_text(out)));
}

std::string registry_server(const std::string& text) {
  if (text.empty() || text == kDefaultServer || text == "docker.io" || text == "index.docker.io") return kDefaultServer;
  const size_t scheme = text.find("://");
  const std::string rest = scheme == std::string::npos ? text : text.substr(scheme + 3);
  return rest.substr(0, rest.find('/'));
}

// The first part is a registry's name if it looks like a host's.
std::string registry_of_image(const std::string& image) {
  const size_t slash = image.find('/');
  if (slash == std::string::npos) return kDefaultServer;
  const std::string first = image.substr(0, slash);
  const bool is_host = first.find_first_of(".:") != std::string::npos || first == "localhost";
  return is_host ? registry_server(first) : kDefaultServer;
}

std::string RegistryLogins::default_folder() {
  if (const char* folder = std::getenv("DOCKER_CONFIG"); folder && *folder) return folder;
  const char* home = std::getenv("HOME");
  return std::string(home ? home : "") + "/.docker";
}

Result<Json> RegistryLogins::load() const {
  auto text = io::read_file(path());
  if (!text.ok() && text.error().code == Code::kNotFound) return Json(Json::object());
  if (!text.ok()) return text.error();
  Json config = Json::parse(*text, nullptr, false);
  if (!config.is_object()) return invalid_argument("Error loading config file: " + path() + ": it is no JSON object");
  return config;
}

Result<void> RegistryLogins::save(const Json& config) const {
  SKEIN_TRY(io::make_directories(folder_, 0700));
  return io::write_file_atomically(path(), json_text(config, 1, '\t'), 0600);
}

Result<RegistryLogin> RegistryLogins::find(const std::string& server) const {
  SKEIN_TRY_ASSIGN(const Json config, load());
  if (const std::string helper = helper_of(config, server); !helper.empty()) {
    SKEIN_TRY_ASSIGN(const Json found, ask_credential_helper(helper, "get", server));
    RegistryLogin out{server, text_at(found, "Username"), text_at(found, "Secret"), ""};
    if (out.username == "<token>") {
      out.identity_token = std::exchange(out.password, "");
      out.username.clear();
    }
    return out;
  }
  const Json& logins = at(config, "auths");
  if (logins.is_object()) {
    if (logins.contains(server)) return login_of(server, logins[server]);
    for (const auto& [name, entry] : logins.items())
      if (registry_server(name) == server) return login_of(server, entry);
  }
  return RegistryLogin{server, "", "", ""};
}

Result<bool> RegistryLogins::keep(const RegistryLogin& login) const {
  SKEIN_TRY_ASSIGN(Json config, load());
  const std::string helper = helper_of(config, login.server);
  Json& entry = config["auths"][login.server] = Json::object();
  if (!helper.empty()) {
    const bool is_token = !login.identity_token.empty();
    SKEIN_TRY(ask_credential_helper(helper, "store",
                                    json_text(Json{{"ServerURL", login.server},
                                                   {"Username", is_token ? "<token>" : login.username},
                                                   {"Secret", is_token ? login.identity_token : login.password}})));
  } else {
    entry["auth"] = to_base64(login.username + ":" + (login.identity_token.empty() ? login.password : ""));
    if (!login.identity_token.empty()) entry["identitytoken"] = login.identity_token;
  }
  SKEIN_TRY(save(config));
  return helper.empty();
}

Result<void> RegistryLogins::forget(const std::string& server) const {
  SKEIN_TRY_ASSIGN(Json config, load());
  if (const std::string helper = helper_of(config, server); !helper.empty())
    SKEIN_TRY(ask_credential_helper(helper, "erase", server));
  if (!at(config, "auths").is_object() || !config["auths"].contains(server)) return {};
  config["auths"].erase(server);
  return save(config);
}

Result<std::string> registry_auth_of_image(const std::string& image) {
  SKEIN_TRY_ASSIGN(const RegistryLogin login, RegistryLogins().find(registry_of_image(image)));
  return login.header();
}

}  // namespace skein::cli
