#include "cmd/cli/secret/secret_format.h"

#include "base/bytes.h"
#include "base/time/moment.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

std::string age_of(const Json& dependency, const char* member, WallTime now) {
  const auto time = parse_time(text_at(dependency, member));
  return time.ok() ? show_age(*time, now) : "";
}

std::string time_of(const Json& dependency, const char* member) {
  const auto time = parse_time(text_at(dependency, member));
  return time.ok() ? lower_case(show_time(*time, true)) : "";
}

// "key=value", or "key" where there is no value and `hides_empty`.
std::vector<std::string> labels_of(const Json& dependency, bool hides_empty) {
  std::vector<std::string> out;
  const nlohmann::json sorted(at(at(dependency, "Spec"), "Labels"));
  if (!sorted.is_object()) return out;
  for (const auto& [key, value] : sorted.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    out.push_back(hides_empty && text.empty() ? key : key + "=" + text);
  }
  return out;
}

}  // namespace

Listing dependency_listing(DependencyKind kind) {
  if (kind == DependencyKind::kSecret)
    return {{{"ID", "ID"},
             {"Name", "NAME"},
             {"Driver", "DRIVER"},
             {"CreatedAt", "CREATED"},
             {"UpdatedAt", "UPDATED"},
             {"Labels", "LABELS"}},
            5};
  return {{{"ID", "ID"}, {"Name", "NAME"}, {"CreatedAt", "CREATED"}, {"UpdatedAt", "UPDATED"}, {"Labels", "LABELS"}},
          4};
}

Json dependency_row(DependencyKind kind, const Json& dependency, WallTime now) {
  const Json& spec = at(dependency, "Spec");
  std::string labels;
  for (const std::string& label : labels_of(dependency, false)) labels += (labels.empty() ? "" : ",") + label;
  Json row{{"ID", text_at(dependency, "ID")},
           {"Name", text_at(spec, "Name")},
           {"CreatedAt", age_of(dependency, "CreatedAt", now)},
           {"UpdatedAt", age_of(dependency, "UpdatedAt", now)},
           {"Labels", labels}};
  if (kind == DependencyKind::kSecret) row["Driver"] = text_at(at(spec, "Driver"), "Name");
  return row;
}

// Docker's layout, blanks and all.
std::string pretty_dependency(DependencyKind kind, const Json& dependency) {
  const bool is_secret = kind == DependencyKind::kSecret;
  const Json& spec = at(dependency, "Spec");
  std::string text = (is_secret ? "ID:              " : "ID:\t\t\t") + text_at(dependency, "ID") + "\n" +
                     (is_secret ? "Name:              " : "Name:\t\t\t") + text_at(spec, "Name") + "\n";
  const auto labels = labels_of(dependency, true);
  if (!labels.empty()) text += "Labels:\n";
  for (const std::string& label : labels) text += " - " + label + "\n";
  if (is_secret) text += "Driver:            " + text_at(at(spec, "Driver"), "Name") + "\n";
  const std::string gap = is_secret ? "        " : "            \t";
  text += "Created at:" + gap + time_of(dependency, "CreatedAt") + "\nUpdated at:" + gap +
          time_of(dependency, "UpdatedAt") + "\n";
  if (is_secret) return text;
  const auto data = from_base64(text_at(spec, "Data"));
  return text + "Data:\n" + (data.ok() ? *data : "") + "\n";
}

}  // namespace skein::cli
