#include "cmd/cli/words/flags.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

bool is_repeatable(const FlagSpec& spec) {
  static constexpr std::string_view kTypes[] = {"list",   "strings", "map",  "filter", "network", "mount",
                                                "ulimit", "port",    "pref", "secret", "config"};
  return std::find(std::begin(kTypes), std::end(kTypes), spec.type) != std::end(kTypes);
}

Result<bool> parse_switch(std::string_view text) {
  for (const char* yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (const char* no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return make_error(Code::kInvalidArgument, "strconv.ParseBool: parsing \"" + std::string(text) + "\": invalid syntax");
}

template <class Number>
Result<void> check_number(const std::string& text, const char* parser) {
  Number number{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec == std::errc::result_out_of_range) {
    return make_error(Code::kOutOfRange, std::string(parser) + ": parsing \"" + text + "\": value out of range");
  }
  if (ec != std::errc() || end != text.data() + text.size()) {
    return make_error(Code::kInvalidArgument, std::string(parser) + ": parsing \"" + text + "\": invalid syntax");
  }
  return {};
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

Result<void> check_value(const FlagSpec& spec, const std::string& text) {
  if (spec.type.empty()) {
    SKEIN_TRY(parse_switch(text));
  } else if (spec.type == "int") {
    SKEIN_TRY(check_number<int64_t>(text, "strconv.ParseInt"));
  } else if (spec.type == "uint" || spec.type == "uint32") {
    SKEIN_TRY(check_number<uint64_t>(text, "strconv.ParseUint"));
  } else if (spec.type == "bytes") {
    SKEIN_TRY(parse_size(text));
  } else if (spec.type == "duration") {
    SKEIN_TRY(parse_duration(text));
  } else if (spec.type == "filter") {
    if (text.find('=') == std::string::npos) {
      return make_error(Code::kInvalidArgument, "bad format of filter (expected name=value)");
    }
  } else if (spec.type == "decimal") {
    SKEIN_TRY(parse_cpus(text));
  } else if (spec.type == "float") {
    SKEIN_TRY(check_number<double>(text, "strconv.ParseFloat"));
  }
  if (spec.check != nullptr) SKEIN_TRY(spec.check(text));
  return {};
}

}  // namespace

const std::string& Flags::text(std::string_view name) const {
  if (const auto found = values_.find(name); found != values_.end()) return found->second.back();
  const auto found = initials_.find(name);
  SKEIN_ASSERT(found != initials_.end());
  return found->second;
}

bool Flags::is_any_set(std::initializer_list<std::string_view> names) const {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return is_set(name); });
}

bool Flags::is_on(std::string_view name) const {
  const auto value = parse_switch(text(name));
  return value.ok() && *value;
}

int64_t Flags::number(std::string_view name) const {
  int64_t number = 0;
  const std::string& value = text(name);
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

std::vector<std::string> Flags::list(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

class FlagReader {
 public:
  FlagReader(const std::vector<FlagSpec>& specs, std::span<const std::string> words) : specs_(specs), words_(words) {
    for (const FlagSpec& spec : specs) parsed_.flags.initials_[spec.name] = spec.initial;
    parsed_.flags.initials_["help"] = "";
  }

  Result<ParsedWords> read(WordOrder order) {
    while (next_ < words_.size()) {
      const std::string& word = words_[next_++];
      if (word == "--") break;
      if (word.starts_with("--")) {
        SKEIN_TRY(read_long(word.substr(2)));
      } else if (word.size() > 1 && word[0] == '-') {
        SKEIN_TRY(read_letters(word));
      } else {
        parsed_.arguments.push_back(word);
        if (order == WordOrder::kFlagsFirst) break;
      }
    }
    while (next_ < words_.size()) parsed_.arguments.push_back(words_[next_++]);
    return std::move(parsed_);
  }

 private:
  const FlagSpec* find(std::string_view name) const {
    for (const FlagSpec& spec : specs_) {
      if (spec.name == name || (!spec.former_name.empty() && spec.former_name == name)) return &spec;
    }
    return nullptr;
  }
  const FlagSpec* find(char letter) const {
    for (const FlagSpec& spec : specs_) {
      if (spec.letter == letter) return &spec;
    }
    return nullptr;
  }

  Result<void> store(const FlagSpec& spec, const std::string& text) {
    if (auto checked = check_value(spec, text); !checked.ok()) {
      const std::string letter = spec.letter != 0 ? std::string("-") + spec.letter + ", " : "";
      return make_error(Code::kInvalidArgument, "invalid argument " + quoted(text) + " for \"" + letter + "--" +
                                                    spec.name + "\" flag: " + checked.error().what);
    }
    auto& values = parsed_.flags.values_[spec.name];
    if (!is_repeatable(spec)) values.clear();
    if (spec.type != "strings") {
      values.push_back(text);
      return {};
    }
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) values.push_back(part);
    return {};
  }

  Result<void> read_long(const std::string& word) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const FlagSpec* const spec = find(name);
    if (spec == nullptr && name == "help") {
      parsed_.flags.values_["help"] = {"true"};
      return {};
    }
    if (name.empty()) return make_error(Code::kInvalidArgument, "bad flag syntax: --" + word);
    if (spec == nullptr) return make_error(Code::kInvalidArgument, "unknown flag: --" + name);
    if (equals != std::string::npos) return store(*spec, word.substr(equals + 1));
    if (spec->type.empty()) return store(*spec, "true");
    if (next_ == words_.size()) return make_error(Code::kInvalidArgument, "flag needs an argument: --" + name);
    return store(*spec, words_[next_++]);
  }

  Result<void> read_letters(const std::string& word) {
    for (size_t i = 1; i < word.size(); ++i) {
      const FlagSpec* const spec = find(word[i]);
      if (spec == nullptr && word[i] == 'h') {
        parsed_.flags.values_["help"] = {"true"};
        continue;
      }
      if (spec == nullptr) {
        return make_error(Code::kInvalidArgument,
                          std::string("unknown shorthand flag: '") + word[i] + "' in -" + word.substr(i));
      }
      const bool has_rest = i + 1 < word.size();
      if (has_rest && word[i + 1] == '=') return store(*spec, word.substr(i + 2));
      if (spec->type.empty()) {
        SKEIN_TRY(store(*spec, "true"));
        continue;
      }
      if (has_rest) return store(*spec, word.substr(i + 1));
      if (next_ < words_.size()) return store(*spec, words_[next_++]);
      return make_error(Code::kInvalidArgument,
                        std::string("flag needs an argument: '") + word[i] + "' in -" + word.substr(i));
    }
    return {};
  }

  const std::vector<FlagSpec>& specs_;
  std::span<const std::string> words_;
  size_t next_ = 0;
  ParsedWords parsed_;
};

Result<ParsedWords> parse_words(const std::vector<FlagSpec>& specs, std::span<const std::string> words,
                                WordOrder order) {
  return FlagReader(specs, words).read(order);
}

std::map<std::string, std::string> key_values(const std::vector<std::string>& texts) {
  std::map<std::string, std::string> values;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    values[text.substr(0, equals)] = equals == std::string::npos ? "" : text.substr(equals + 1);
  }
  return values;
}

}  // namespace skein::cli
