#include "cmd/cli/show/printing.h"

#include <iostream>

namespace skein::cli {

void print(const std::string& text) { std::cout << text << std::flush; }
void print_line(const std::string& text) { std::cout << text << '\n' << std::flush; }
void print_error(const std::string& text) { std::cerr << text << '\n' << std::flush; }

Result<int> print_list(const Invocation& invocation, const Listing& listing, const std::vector<Json>& rows,
                       const std::string& id_field) {
  const std::string& format = invocation.flags.text("format");
  if (invocation.flags.is_on("quiet") && (format.empty() || format == "table")) {
    for (const Json& row : rows) print_line(row.value(id_field, ""));
    return 0;
  }
  SKEIN_TRY_ASSIGN(const std::string text, show_list(listing, rows, format));
  print(text);
  return 0;
}

int for_each_argument(const Invocation& invocation, const std::function<Result<void>(const std::string&)>& action) {
  int status = 0;
  for (const std::string& argument : invocation.arguments) {
    if (const auto done = action(argument); done.ok()) {
      print_line(argument);
    } else {
      print_error(done.error().text());
      status = 1;
    }
  }
  return status;
}

Result<int> inspect_each(const Invocation& invocation, const std::function<Result<Json>(const std::string&)>& find) {
  std::vector<Json> found;
  std::vector<std::string> errors;
  for (const std::string& argument : invocation.arguments) {
    if (auto object = find(argument); object.ok()) {
      found.push_back(std::move(*object));
    } else {
      errors.push_back(object.error().text());
    }
  }
  SKEIN_TRY_ASSIGN(const std::string text, show_objects(found, invocation.flags.text("format")));
  print(text);
  for (const std::string& error : errors) print_error(error);
  return errors.empty() ? 0 : 1;
}

FlagSpec format_flag(char letter) {
  return {"format", letter, "string",
          "Format output: 'table' (lists only), 'table TEMPLATE', 'json', or a Go template for each object"};
}
FlagSpec prune_filter_flag() { return {"filter", 0, "filter", "Provide filter values (e.g. \"until=<timestamp>\")"}; }
FlagSpec filter_flag() { return {"filter", 'f', "filter", "Show only what matches \"key=value\""}; }
FlagSpec quiet_flag() { return {"quiet", 'q', "", "Only display IDs"}; }

bool is_confirmed(const Invocation& invocation, const std::string& warning) {
  if (invocation.flags.is_on("force")) return true;
  print(warning + "\nAre you sure you want to continue? [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace skein::cli
