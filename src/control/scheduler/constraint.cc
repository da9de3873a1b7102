#include "control/scheduler/constraint.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace skein::control {
namespace {

using Subject = Constraint::Subject;

constexpr uint8_t kMappedBits = 96;  // ::ffff:0:0/96 holds the IPv4 addresses
constexpr std::string_view kBlanks = " \t\n\v\f\r";

struct KnownKey {
  std::string_view name;  // labels: up to the label's name
  Subject subject;
  bool is_prefix() const { return name.ends_with('.'); }
};
constexpr std::array<KnownKey, 8> kKnownKeys{{{"node.id", Subject::kId},
                                              {"node.hostname", Subject::kHostname},
                                              {"node.ip", Subject::kIp},
                                              {"node.role", Subject::kRole},
                                              {"node.platform.os", Subject::kOs},
                                              {"node.platform.arch", Subject::kArchitecture},
                                              {"node.labels.", Subject::kNodeLabel},
                                              {"engine.labels.", Subject::kEngineLabel}}};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_fold(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Docker's ^(?i)[a-z_][a-z0-9\-_.]+$
bool is_key(std::string_view text) {
  if (text.size() < 2 || !(is_letter(text[0]) || text[0] == '_')) return false;
  return std::all_of(text.begin() + 1, text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || std::string_view("-_.").find(c) != std::string_view::npos;
  });
}

// Docker's ^(?i)[a-z0-9:\-_\s\.\*\(\)\?\+\[\]\\\^\$\|\/]+$
bool is_value(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view(":-_ \t\n\f\r.*()?+[]\\^$|/").find(c) != std::string_view::npos;
  });
}

Error refuse(std::string what, std::string because = {}) {
  return make_error(Code::kInvalidArgument, std::move(what), std::move(because));
}

Error unknown_key(std::string_view key) {
  std::string names;
  for (const KnownKey& known : kKnownKeys) {
    names += (names.empty() ? "" : ", ") + std::string(known.name) + (known.is_prefix() ? "<label>" : "");
  }
  return refuse("key '" + std::string(key) + "' is unknown", "the keys of constraints are " + names);
}

struct Key {
  Subject subject;
  std::string label;
};

std::optional<Key> parse_key(std::string_view text) {
  for (const KnownKey& known : kKnownKeys) {
    bool is_long_enough = known.is_prefix() ? text.size() > known.name.size() : text.size() == known.name.size();
    if (is_long_enough && equal_fold(text.substr(0, known.name.size()), known.name))
      return Key{known.subject, std::string(text.substr(known.name.size()))};
  }
  return std::nullopt;
}

Result<void> check_value(Constraint& constraint) {
  if (constraint.subject == Subject::kIp) {
    auto range = IpRange::parse(constraint.value);
    if (!range) return refuse("value '" + constraint.value + "' is invalid", "node.ip takes an IP address or a subnet");
    constraint.range = *range;
  }
  if (constraint.subject == Subject::kRole && !equal_fold(constraint.value, "manager") &&
      !equal_fold(constraint.value, "worker"))
    return refuse("value '" + constraint.value + "' is invalid", "node.role is manager or worker");
  return {};
}

Result<Constraint> parse_constraint(std::string_view text) {
  size_t at = text.find("==");
  bool is_equality = at != std::string_view::npos;
  if (!is_equality) at = text.find("!=");
  if (at == std::string_view::npos) return refuse("constraint expected one operator from ==, !=");
  std::string_view key = trim(text.substr(0, at)), value = trim(text.substr(at + 2));
  if (!is_key(key)) return refuse("key '" + std::string(key) + "' is invalid");
  if (!is_value(value)) return refuse("value '" + std::string(value) + "' is invalid");
  auto known = parse_key(key);
  if (!known) return unknown_key(key);
  Constraint out{known->subject, is_equality, std::move(known->label), std::string(value), {}};
  SKEIN_TRY(check_value(out));
  return out;
}

using Labels = google::protobuf::Map<std::string, std::string>;

const Labels& labels_of(Subject subject, const api::Node& node) {
  return subject == Subject::kNodeLabel ? node.spec().annotations().labels() : node.description().engine().labels();
}

std::string_view value_in(const Labels& labels, const std::string& name) {
  auto found = labels.find(name);
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

bool is_met(const Constraint& constraint, const api::Node& node) {
  const api::NodeDescription& description = node.description();
  auto is = [&](std::string_view actual) { return equal_fold(constraint.value, actual); };
  switch (constraint.subject) {
    case Subject::kId: return is(node.id());
    case Subject::kHostname: return is(description.hostname());
    case Subject::kIp: return constraint.range.contains(node.status().addr());
    case Subject::kRole: return is(node.role() == api::MANAGER ? "manager" : "worker");
    case Subject::kOs: return is(description.platform().os());
    case Subject::kArchitecture: return is(description.platform().architecture());
    case Subject::kNodeLabel:
    case Subject::kEngineLabel: return is(value_in(labels_of(constraint.subject, node), constraint.label));
  }
  return false;
}

Ipv6 mapped(const IpAddress& address) {
  if (address.is_v6) return address.v6;
  Ipv6 out;
  out.octets[10] = out.octets[11] = 0xff;
  for (size_t i = 0; i < 4; ++i) out.octets[12 + i] = static_cast<uint8_t>(address.v4.value >> (24 - 8 * i));
  return out;
}

bool has_same_prefix(const Ipv6& a, const Ipv6& b, uint8_t bits) {
  size_t whole = bits / 8;
  if (!std::equal(a.octets.begin(), a.octets.begin() + whole, b.octets.begin())) return false;
  if (bits % 8 == 0) return true;
  return (a.octets[whole] ^ b.octets[whole]) >> (8 - bits % 8) == 0;
}

bool is_mapped(const Ipv6& address) { return has_same_prefix(address, mapped(IpAddress::from(Ipv4{})), kMappedBits); }

}  // namespace

std::optional<IpRange> IpRange::parse(std::string_view text) {
  size_t slash = text.find('/');
  auto address = IpAddress::parse(text.substr(0, slash));
  if (!address.ok()) return std::nullopt;
  IpRange out{mapped(*address), 128};
  if (slash == std::string_view::npos) return out;
  std::string_view digits = text.substr(slash + 1);
  uint8_t bits = 0;
  auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (failed != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (bits > (address->is_v6 ? 128 : 32)) return std::nullopt;
  out.prefix_bits = address->is_v6 ? bits : static_cast<uint8_t>(kMappedBits + bits);
  return out;
}

bool IpRange::contains(std::string_view text) const {
  auto address = IpAddress::parse(text);
  if (!address.ok()) return false;
  Ipv6 wide = mapped(*address);
  if (prefix_bits < kMappedBits && is_mapped(wide)) return false;  // ::/0 holds no IPv4 address
  return has_same_prefix(base, wide, prefix_bits);
}

Result<std::vector<Constraint>> parse_constraints(const google::protobuf::RepeatedPtrField<std::string>& expressions) {
  std::vector<Constraint> out;
  for (const std::string& expression : expressions) {
    SKEIN_TRY_ASSIGN(Constraint constraint, parse_constraint(expression));
    out.push_back(std::move(constraint));
  }
  return out;
}

bool satisfies(const std::vector<Constraint>& constraints, const api::Node& node) {
  return std::all_of(constraints.begin(), constraints.end(),
                     [&](const Constraint& each) { return is_met(each, node) == each.is_equality; });
}

std::optional<std::string> label_value(std::string_view text, const api::Node& node) {
  auto key = parse_key(text);
  if (!key || key->label.empty()) return std::nullopt;
  return std::string(value_in(labels_of(key->subject, node), key->label));
}

}  // namespace skein::control
