#include "stack/values/casts.h"

#include <algorithm>
#include <array>
#include <limits>

#include "stack/values/numbers.h"

namespace skein::stack {

namespace {

enum class Cast { kInteger, kFloat, kTruth };

struct Place {
  std::string_view path;  // "*": any key
  Cast cast;
};

constexpr std::array kPlaces = {
    Place{"services.*.configs.[].mode", Cast::kInteger},
    Place{"services.*.secrets.[].mode", Cast::kInteger},
    Place{"services.*.healthcheck.retries", Cast::kInteger},
    Place{"services.*.healthcheck.disable", Cast::kTruth},
    Place{"services.*.deploy.replicas", Cast::kInteger},
    Place{"services.*.deploy.update_config.parallelism", Cast::kInteger},
    Place{"services.*.deploy.update_config.max_failure_ratio", Cast::kFloat},
    Place{"services.*.deploy.rollback_config.parallelism", Cast::kInteger},
    Place{"services.*.deploy.rollback_config.max_failure_ratio", Cast::kFloat},
    Place{"services.*.deploy.restart_policy.max_attempts", Cast::kInteger},
    Place{"services.*.deploy.placement.max_replicas_per_node", Cast::kInteger},
    Place{"services.*.ports.[].target", Cast::kInteger},
    Place{"services.*.ports.[].published", Cast::kInteger},
    Place{"services.*.ulimits.*", Cast::kInteger},
    Place{"services.*.ulimits.*.hard", Cast::kInteger},
    Place{"services.*.ulimits.*.soft", Cast::kInteger},
    Place{"services.*.privileged", Cast::kTruth},
    Place{"services.*.oom_score_adj", Cast::kInteger},
    Place{"services.*.read_only", Cast::kTruth},
    Place{"services.*.stdin_open", Cast::kTruth},
    Place{"services.*.tty", Cast::kTruth},
    Place{"services.*.volumes.[].read_only", Cast::kTruth},
    Place{"services.*.volumes.[].volume.nocopy", Cast::kTruth},
    Place{"networks.*.external", Cast::kTruth},
    Place{"networks.*.internal", Cast::kTruth},
    Place{"networks.*.attachable", Cast::kTruth},
    Place{"volumes.*.external", Cast::kTruth},
    Place{"secrets.*.external", Cast::kTruth},
    Place{"configs.*.external", Cast::kTruth},
};

bool matches(std::string_view pattern, const Path& path) {
  for (size_t i = 0; i < path.size(); ++i) {
    const size_t end = std::min(pattern.find('.'), pattern.size());
    const std::string_view part = pattern.substr(0, end);
    if (part.empty() || (part != "*" && part != path[i])) return false;
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
  }
  return pattern.empty();
}

Error syntax_error(const char* function, const std::string& text, const char* problem) {
  return invalid_argument(std::string("strconv.") + function + ": parsing " + go_quoted(text) + ": " + problem);
}

Result<Value> integer(const std::string& text) {
  if (const auto number = parse_decimal(text)) return Value(*number);
  const bool is_number = !text.empty() &&
                         text.find_first_not_of("0123456789", text[0] == '-' || text[0] == '+') == std::string::npos &&
                         text.size() > static_cast<size_t>(text[0] == '-' || text[0] == '+');
  return syntax_error("Atoi", text, is_number ? "value out of range" : "invalid syntax");
}

Result<Value> real(const std::string& text) {
  if (const auto number = parse_go_float(text)) return Value(*number);
  return syntax_error("ParseFloat", text, "invalid syntax");
}

Result<Value> truth(std::string text) {
  const std::string given = text;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
  for (const char* const word : {"y", "yes", "true", "on"}) {
    if (text == word) return Value(true);
  }
  for (const char* const word : {"n", "no", "false", "off"}) {
    if (text == word) return Value(false);
  }
  return invalid_argument("invalid boolean: " + given);
}

}  // namespace

Result<Value> cast(const Path& path, const std::string& text) {
  const auto* const place =
      std::find_if(kPlaces.begin(), kPlaces.end(), [&](const Place& p) { return matches(p.path, path); });
  if (place == kPlaces.end()) return Value(text);
  switch (place->cast) {
    case Cast::kInteger: return integer(text);
    case Cast::kFloat: return real(text);
    case Cast::kTruth: return truth(text);
  }
  return Value(text);
}

}  // namespace skein::stack
