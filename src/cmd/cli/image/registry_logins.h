// Users' credentials of registries, where Docker's client keeps them: in config.json below $DOCKER_CONFIG or ~/.docker,
// or with a helper program that this file names (docker-credential-NAME).
#pragma once

#include <string>

#include "base/result.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

struct RegistryLogin {
  std::string server;  // as the file names it: "registry.example:5000"
  std::string username, password;
  std::string identity_token;  // instead of a password

  bool is_empty() const { return username.empty() && password.empty() && identity_token.empty(); }
  // Of the header X-Registry-Auth: base64 of the URL-safe alphabet. Without credentials that of {}.
  std::string header() const;
};

// Which registry an image is of, as the file names it.
std::string registry_of_image(const std::string& image);
// "https://registry.example:5000/v1/" → "registry.example:5000"; "" is the default registry.
std::string registry_server(const std::string& text);

class RegistryLogins {
 public:
  explicit RegistryLogins(std::string folder = default_folder()) : folder_(std::move(folder)) {}
  static std::string default_folder();

  std::string path() const { return folder_ + "/config.json"; }
  // Empty where there is none.
  Result<RegistryLogin> find(const std::string& server) const;
  // Whether it lies in the file, where everybody who can read it reads the password.
  Result<bool> keep(const RegistryLogin& login) const;
  Result<void> forget(const std::string& server) const;

 private:
  Result<Json> load() const;
  Result<void> save(const Json& config) const;

  std::string folder_;
};

// X-Registry-Auth for an image.
Result<std::string> registry_auth_of_image(const std::string& image);

}  // namespace skein::cli
