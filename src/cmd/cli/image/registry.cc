// skein login and logout; push.
#include "cmd/cli/image/registry.h"

#include <unistd.h>

#include <iostream>

#include "cmd/cli/image/progress.h"
#include "cmd/cli/image/registry_logins.h"
#include "cmd/cli/show/printing.h"
#include "cmd/cli/show/secret_input.h"
#include "cmd/cli/terminal/terminal.h"

namespace skein::cli {

namespace {

// All of stdin but the line's end.
std::string password_of_stdin() {
  std::string out(std::istreambuf_iterator<char>(std::cin), {});
  while (out.ends_with('\n') || out.ends_with('\r')) out.pop_back();
  return out;
}

Result<RegistryLogin> typed_login(const Flags& flags, const RegistryLogin& known) {
  if (!is_terminal(STDIN_FILENO))
    return make_error(Code::kFailedPrecondition, "Error: Cannot perform an interactive login from a non TTY device");
  RegistryLogin out{known.server, flags.text("username"), "", ""};
  if (out.username.empty()) {
    print("Username" + (known.username.empty() ? "" : " (" + known.username + ")") + ": ");
    std::getline(std::cin, out.username);
    if (out.username.empty()) out.username = known.username;
  }
  if (out.username.empty()) return invalid_argument("Error: Non-null Username Required");
  SKEIN_TRY_ASSIGN(out.password, read_secret_line("Password: "));
  if (out.password.empty()) return invalid_argument("Error: Password Required");
  return out;
}

Result<RegistryLogin> wanted_login(const Flags& flags, RegistryLogin known) {
  const bool is_piped = flags.is_on("password-stdin");
  if (flags.is_set("password")) {
    print_error("WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
    if (is_piped) return invalid_argument("--password and --password-stdin are mutually exclusive");
  }
  if (is_piped && flags.text("username").empty())
    return invalid_argument("Must provide --username with --password-stdin");
  if (is_piped || flags.is_set("password")) {
    RegistryLogin out{known.server, flags.text("username"), is_piped ? password_of_stdin() : flags.text("password"),
                      ""};
    if (!out.username.empty() && !out.password.empty()) return out;
  }
  if (!known.is_empty() && (flags.text("username").empty() || flags.text("username") == known.username)) {
    print_line("Authenticating with existing credentials...");
    return known;
  }
  return typed_login(flags, known);
}

Result<int> login(Invocation& call) {
  const RegistryLogins logins;
  const std::string server = registry_server(call.arguments.empty() ? "" : call.argument(0));
  SKEIN_TRY_ASSIGN(RegistryLogin known, logins.find(server));
  SKEIN_TRY_ASSIGN(RegistryLogin wanted, wanted_login(call.flags, std::move(known)));
  Json body{{"username", wanted.username}, {"password", wanted.password}, {"serveraddress", server}};
  if (!wanted.identity_token.empty()) body["identitytoken"] = wanted.identity_token;
  SKEIN_TRY_ASSIGN(const Json answer, call.daemon.post("/auth", {}, body));
  if (const std::string token = text_at(answer, "IdentityToken"); !token.empty()) {
    wanted.identity_token = token;
    wanted.password.clear();
  }
  SKEIN_TRY_ASSIGN(const bool is_in_clear, logins.keep(wanted));
  if (is_in_clear)
    print_error("\nWARNING! Your credentials are stored unencrypted in '" + logins.path() +
                "'.\nConfigure a credential helper to remove this warning.\n");
  print_line(text_at(answer, "Status"));
  return 0;
}

Result<int> logout(Invocation& call) {
  const std::string server = registry_server(call.arguments.empty() ? "" : call.argument(0));
  print_line("Removing login credentials for " + server);
  SKEIN_TRY(RegistryLogins().forget(server));
  return 0;
}

}  // namespace

Result<int> push_image(Invocation& call) {
  const std::string& name = call.argument(0);
  const size_t slash = name.rfind('/');
  const size_t colon = name.find(':', slash == std::string::npos ? 0 : slash);
  const bool is_quiet = call.flags.is_on("quiet");
  if (colon == std::string::npos && !is_quiet) print_line("Using default tag: latest");
  SKEIN_TRY_ASSIGN(const std::string auth, registry_auth_of_image(name));
  const Transfer transfer{.method = "POST",
                          .path = path_of("/images/", name.substr(0, colon), "/push"),
                          .parameters = {{"tag", colon == std::string::npos ? "latest" : name.substr(colon + 1)}},
                          .header = {"X-Registry-Auth", auth}};
  ProgressReader progress(is_quiet ? nullptr : stdout);
  SKEIN_TRY(call.daemon.transfer(transfer, [&](std::string_view bytes) { return progress.read(bytes); }));
  SKEIN_TRY(progress.finish());
  if (is_quiet) print_line(full_name(colon == std::string::npos ? name + ":latest" : name));
  return 0;
}

std::vector<Command> registry_commands() {
  return {
      {"login",
       "[OPTIONS] [SERVER]",
       "Authenticate to a registry",
       {0, 1},
       {{"password", 'p', "string", "Password or Personal Access Token (PAT)"},
        {"password-stdin", 0, "", "Take the Password or Personal Access Token (PAT) from stdin"},
        {"username", 'u', "string", "Username"}},
       login},
      {"logout", "[SERVER]", "Log out from a registry", {0, 1}, {}, logout},
  };
}

}  // namespace skein::cli
