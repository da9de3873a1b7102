// --secret and --config of services: which file of the container shows what. Pure.
#pragma once

#include "cmd/cli/words/flags.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

// What secrets and configs differ in where a service refers to them.
struct ReferenceKind {
  const char* word;    // "secret"; the flags are --secret, --secret-add, --secret-rm
  const char* member;  // of the container's spec: "Secrets"
  const char* id;      // of a reference: "SecretID"
  const char* name;
};
inline constexpr ReferenceKind kSecretReference{"secret", "Secrets", "SecretID", "SecretName"};
inline constexpr ReferenceKind kConfigReference{"config", "Configs", "ConfigID", "ConfigName"};

// "NAME", or "source=NAME,target=FILE,uid=5,gid=6,mode=0400": a reference without an id. Errors have Docker's texts.
Result<Json> parse_reference(const ReferenceKind& kind, const std::string& text);
Result<void> check_secret(const std::string& text);
Result<void> check_config(const std::string& text);

// Those that the flags add. kInvalidArgument for two with one target.
Result<std::vector<Json>> added_references(const ReferenceKind& kind, const Flags& flags);

}  // namespace skein::cli
