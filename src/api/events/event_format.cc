#include "api/events/event_format.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text/json_text.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using engine::at;
using engine::text_of;
using io::http::ApiVersion;
using nlohmann::json;

namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kJsonLines = "application/jsonl";
constexpr const char* kSequence = "application/json-seq";
constexpr std::array kOffered{kJsonLines, "application/x-ndjson", kSequence};  // the first one of equal weight is taken
constexpr char kRecordSeparator = '\x1e';                                      // RFC 7464

std::string trimmed_lower(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](unsigned char c) { return std::isspace(c); });
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

// Of "application/jsonl;q=0.9": 0.9; 1 without q, 0 for what is no number.
double weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string parameter = trimmed_lower(parameters.substr(0, end));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    if (!parameter.starts_with("q=")) continue;
    double weight = 0;
    const auto [stop, ec] = std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), weight);
    return ec == std::errc() && stop == parameter.data() + parameter.size() ? weight : 0;
  }
  return 1;
}

// The offered type that the header names with the greatest weight; empty if it names none.
std::string named_type(std::string_view accept) {
  std::string best;
  double best_weight = 0;
  for (const char* offer : kOffered)
    for (std::string_view rest = accept; !rest.empty();) {
      const size_t end = std::min(rest.find(','), rest.size());
      const std::string_view range = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const size_t semicolon = std::min(range.find(';'), range.size());
      const double weight = weight_of(range.substr(std::min(semicolon + 1, range.size())));
      if (trimmed_lower(range.substr(0, semicolon)) != offer || weight <= best_weight) continue;
      best = offer;
      best_weight = weight;
    }
  return best;
}

void put_old_members(json& event) {
  const std::string type = text_of(event, "Type");
  if (type != "container" && type != "image") return;
  const json& actor = at(event, "Actor");
  event["id"] = text_of(actor, "ID");
  event["status"] = text_of(event, "Action");
  if (type == "container") event["from"] = text_of(at(actor, "Attributes"), "image");
}

}  // namespace

EventFormat EventFormat::of(const io::http::Headers& headers, ApiVersion version) {
  std::string type = named_type(headers.get("Accept"));
  if (type.empty()) type = version < ApiVersion{1, 52} ? kJson : kJsonLines;
  return {std::move(type), version};
}

std::string EventFormat::write(json event) const {
  if (version_ < ApiVersion{1, 46} && text_of(event, "Type") == "image" && text_of(event, "Action") == "create")
    return {};
  if (version_ < ApiVersion{1, 52}) put_old_members(event);
  std::string out = json_text(event) + "\n";
  return content_type_ == kSequence ? kRecordSeparator + out : out;
}

}  // namespace skein::api
