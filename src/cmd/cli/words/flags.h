// Flags as Docker's command line reads them: -d, -it, -n5, -n 5, --tail=5, --tail 5, --rm=false, and -- to end them.
//
// Pure. A flag's type is the word that help shows: "" is a switch, "list" may be repeated, "strings" also splits at
// commas, "map" is a list of key=value; "int", "uint", "bytes", "duration", "decimal", "float" are checked; the rest is
// text, unless the flag brings a check of its own.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skein::cli {

struct FlagSpec {
  std::string name;  // without dashes
  char letter = 0;   // 0: none
  std::string type;
  std::string help;  // empty: the flag is taken, but help does not show it
  std::string initial = {};
  std::string former_name = {};  // another spelling that is still taken
  Result<void> (*check)(const std::string& text) = nullptr;
};

// A flag's check out of the function that parses its value.
template <auto parse>
Result<void> parses(const std::string& text) {
  SKEIN_TRY(parse(text));
  return {};
}

// The values of one command's flags.
class Flags {
 public:
  bool is_set(std::string_view name) const { return values_.contains(name); }
  bool is_any_set(std::initializer_list<std::string_view> names) const;
  size_t count_set() const { return values_.size(); }
  // The last value, or the initial one. The name must be one of the command's.
  const std::string& text(std::string_view name) const;
  bool is_on(std::string_view name) const;
  int64_t number(std::string_view name) const;  // of "int" and "uint"
  std::vector<std::string> list(std::string_view name) const;

 private:
  friend class FlagReader;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::map<std::string, std::string, std::less<>> initials_;
};

struct ParsedWords {
  Flags flags;
  std::vector<std::string> arguments;
};

// kMixed: flags may follow arguments. kFlagsFirst: the first argument ends the flags (`run IMAGE COMMAND -x`).
enum class WordOrder { kMixed, kFlagsFirst };

// Errors have Docker's texts ("unknown flag: --x"). `--help` becomes a set flag "help"; `-h` too, unless it is taken.
Result<ParsedWords> parse_words(const std::vector<FlagSpec>& specs, std::span<const std::string> words,
                                WordOrder order);

// "key=value" texts as a map; a text without '=' has an empty value.
std::map<std::string, std::string> key_values(const std::vector<std::string>& texts);

}  // namespace skein::cli
