#include "cmd/lab/network/layout.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text/json_text.h"

namespace skein::lab {
namespace {

Machine machine(bool has_daemon, int number) {
  const int last = (has_daemon ? 10 : 100) + number;
  std::array<char, 18> mac;
  std::snprintf(mac.data(), mac.size(), "02:00:c0:a8:01:%02x", static_cast<unsigned>(last & 0xff));
  return {(has_daemon ? "host-" : "client-") + std::to_string(number), has_daemon, "192.168.1." + std::to_string(last),
          "fd00:1::" + std::to_string(last), mac.data()};
}

Result<void> check_range(const char* what, int value, int least, int most) {
  if (value >= least && value <= most) return {};
  return make_error(Code::kInvalidArgument, std::string(what) + " " + std::to_string(value) + " is out of range",
                    "it must be " + std::to_string(least) + " to " + std::to_string(most));
}

}  // namespace

Result<void> check_lab_name(std::string_view name) {
  const auto is_good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (!name.empty() && name.size() <= kNameLengthMax && name[0] != '-' &&
      std::all_of(name.begin(), name.end(), is_good))
    return {};
  return make_error(Code::kInvalidArgument, "'" + std::string(name) + "' cannot be the name of a lab",
                    "a name has 1 to " + std::to_string(kNameLengthMax) + " characters of a-z, 0-9 and '-'");
}

Result<void> check_spec(const Spec& spec) {
  SKEIN_TRY(check_lab_name(spec.name));
  SKEIN_TRY(check_range("--hosts", spec.hosts, 1, kHostsMax));
  SKEIN_TRY(check_range("--clients", spec.clients, 0, kClientsMax));
  if (spec.engine != "podman" && spec.engine != "process")
    return make_error(Code::kInvalidArgument, "there is no engine '" + spec.engine + "'",
                      "it must be podman or process");
  return check_range("--mtu", spec.mtu, kMtuMin, kMtuMax);
}

std::vector<Machine> machines_of(const Spec& spec) {
  std::vector<Machine> all;
  for (int number = 1; number <= spec.hosts; ++number) all.push_back(machine(true, number));
  for (int number = 1; number <= spec.clients; ++number) all.push_back(machine(false, number));
  return all;
}

Result<Machine> find_machine(const Spec& spec, std::string_view name) {
  std::string names;
  for (const Machine& candidate : machines_of(spec)) {
    if (candidate.name == name) return candidate;
    names += (names.empty() ? "" : " ") + candidate.name;
  }
  return make_error(Code::kNotFound, "lab " + spec.name + " has no machine '" + std::string(name) + "'",
                    "it has " + names);
}

std::string etc_hosts(const Spec& spec, const Machine& self) {
  std::string text = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";
  for (const Machine& each : machines_of(spec))
    text += each.ipv4 + "\t" + each.name + (each == self ? " " + self.name + ".localdomain" : "") + "\n";
  return text;
}

std::string format_spec(const Spec& spec) {
  return json_text(nlohmann::json{{"name", spec.name},
                                  {"hosts", spec.hosts},
                                  {"clients", spec.clients},
                                  {"mtu", spec.mtu},
                                  {"engine", spec.engine}},
                   2) +
         "\n";
}

Result<Spec> parse_spec(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto is_whole = [&](const char* key) { return json.contains(key) && json[key].is_number_integer(); };
  if (!json.is_object() || !json.contains("name") || !json["name"].is_string() || !is_whole("hosts") ||
      !is_whole("clients") || !is_whole("mtu"))
    return make_error(Code::kDataLoss, "the lab's record is damaged", {},
                      "take the lab down with `skein lab down NAME`");
  Spec spec{json["name"].get<std::string>(), json["hosts"].get<int>(), json["clients"].get<int>(),
            json["mtu"].get<int>()};
  if (json.contains("engine") && json["engine"].is_string()) spec.engine = json["engine"].get<std::string>();
  SKEIN_TRY(check_spec(spec));
  return spec;
}

}  // namespace skein::lab
