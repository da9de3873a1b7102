#include "cmd/cli/secret/secret_flags.h"

#include <charconv>
#include <set>

#include "cmd/cli/words/csv.h"
#include "cmd/cli/words/list_change.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

constexpr uint32_t kModeDefault = 0444;

// As Go reads a number whose base stands in front of it: 0400, 0o400, 0x100, 0b1, 256.
Result<uint32_t> parse_mode(const std::string& text) {
  std::string digits = lower_case(text);
  int base = 10;
  for (const auto& [prefix, of_prefix] : {std::pair("0x", 16), std::pair("0o", 8), std::pair("0b", 2)})
    if (digits.starts_with(prefix)) base = of_prefix;
  if (base != 10) {
    digits.erase(0, 2);
  } else if (digits.size() > 1 && digits[0] == '0') {
    base = 8;
  }
  uint32_t mode = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, ec] = std::from_chars(digits.data(), end, mode, base);
  if (ec == std::errc() && stop == end) return mode;
  const bool is_large = ec == std::errc::result_out_of_range;
  return invalid_argument("invalid mode specified: strconv.ParseUint: parsing \"" + text +
                          "\": " + (is_large ? "value out of range" : "invalid syntax"));
}

}  // namespace

Result<Json> parse_reference(const ReferenceKind& kind, const std::string& text) {
  SKEIN_TRY_ASSIGN(const auto fields, split_csv(text));
  Json file{{"Name", ""}, {"UID", "0"}, {"GID", "0"}, {"Mode", kModeDefault}};
  std::string source;
  const bool is_short = fields.size() == 1 && fields[0].find('=') == std::string::npos;
  if (is_short) source = fields[0];
  for (const std::string& whole : is_short ? std::vector<std::string>() : fields) {
    const CsvField field = csv_field(whole);
    const std::string key = lower_case(field.key);
    if (!field.has_value || key.empty())
      return invalid_argument("invalid field '" + whole + "' must be a key=value pair");
    if (key == "source" || key == "src") {
      source = field.value;
    } else if (key == "target") {
      file["Name"] = field.value;
    } else if (key == "uid" || key == "gid") {
      file[key == "uid" ? "UID" : "GID"] = field.value;
    } else if (key == "mode") {
      SKEIN_TRY_ASSIGN(file["Mode"], parse_mode(field.value));
    } else {
      return invalid_argument(std::string("invalid field in ") + kind.word + " request: " + key);
    }
  }
  if (source.empty()) return invalid_argument("source is required");
  if (text_at(file, "Name").empty()) file["Name"] = source;
  return Json{{"File", file}, {kind.name, source}};
}

Result<void> check_secret(const std::string& text) {
  SKEIN_TRY(parse_reference(kSecretReference, text));
  return {};
}

Result<void> check_config(const std::string& text) {
  SKEIN_TRY(parse_reference(kConfigReference, text));
  return {};
}

Result<std::vector<Json>> added_references(const ReferenceKind& kind, const Flags& flags) {
  std::vector<Json> out;
  std::set<std::string> targets;
  for (const std::string& text : ListChange(flags, kind.word).added) {
    SKEIN_TRY_ASSIGN(const Json reference, parse_reference(kind, text));
    if (!targets.insert(text_at(at(reference, "File"), "Name")).second)
      return invalid_argument(std::string("duplicate ") + kind.word + " target for " + text_at(reference, kind.name) +
                              " not allowed");
    out.push_back(reference);
  }
  return out;
}

}  // namespace skein::cli
