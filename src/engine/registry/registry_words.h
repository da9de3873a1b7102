// What registries and their clients tell each other (the distribution protocol, version 2), as values. Pure.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skein::engine {

// Where an image is asked for.
struct ImagePlace {
  std::string registry;    // "registry.example:5000"
  std::string repository;  // "team/app"
  std::string reference;   // tag or digest; "latest" if the name has neither
};
// Names without a registry are of the default one, of which only the engine knows the address: kUnimplemented.
Result<ImagePlace> image_place(const std::string& name);

struct RegistryHost {
  std::string host;
  uint16_t port = 0;  // none given
  bool is_loopback = false;
};
Result<RegistryHost> registry_host(std::string_view registry);

// What X-Registry-Auth, or the body of POST /auth, says.
struct RegistryCredentials {
  std::string username, password;
  std::string identity_token;
  std::string registry_token;
  std::string server;
};
Result<RegistryCredentials> credentials_of(const nlohmann::json& value);
Result<RegistryCredentials> credentials_of_header(std::string_view header);  // empty: none

std::string basic_authorization(const RegistryCredentials& credentials);

// `Bearer realm="…",service="…",scope="…"`: the scheme in lower case, and its parameters.
struct Challenge {
  std::string scheme;
  std::map<std::string, std::string> parameters;
};
Challenge parse_challenge(std::string_view header);

// Of a manifest or a list of them: {"Descriptor": …, "Platforms": […]} as GET /distribution/…/json answers. Platforms
// are left out where the manifest does not say them; then config_digest() names the blob that does.
nlohmann::json distribution_of(const std::string& media_type, const std::string& digest, const std::string& body);
std::optional<std::string> config_digest(const std::string& manifest);
void add_platform(nlohmann::json& distribution, const std::string& config);

// What to do about a failure, where Docker's words do not say it; empty where there is nothing to add.
std::string registry_advice(const std::string& failure, const std::string& registry);

// Podman's text about a registry that it cannot use, in Docker's words: "unauthorized: authentication required". With
// advice.
std::string registry_failure(const std::string& text, const std::string& image);

// The first error that a registry's answer names, as Docker writes it: "unauthorized: authentication required".
std::string registry_error(int status, const std::string& body);

}  // namespace skein::engine
