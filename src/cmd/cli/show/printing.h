// What commands share when they print.
#pragma once

#include <functional>
#include <string>

#include "cmd/cli/daemon/daemon.h"
#include "cmd/cli/show/listing.h"
#include "cmd/cli/words/command.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {

void print(const std::string& text);  // on stdout
void print_line(const std::string& text);
void print_error(const std::string& text);  // on stderr, with a line break

// Prints a list as --format says; without one, --quiet leaves only `id_field` of each row. The exit status.
Result<int> print_list(const Invocation& invocation, const Listing& listing, const std::vector<Json>& rows,
                       const std::string& id_field);

// Does something for each argument: prints the argument when it went well, else the error. 1 if any failed.
int for_each_argument(const Invocation& invocation, const std::function<Result<void>(const std::string&)>& action);

// Inspects each argument and prints those found, then the errors.
Result<int> inspect_each(const Invocation& invocation, const std::function<Result<Json>(const std::string&)>& find);

FlagSpec format_flag(char letter = 0);
FlagSpec filter_flag();
// As filter_flag(), where -f means --force.
FlagSpec prune_filter_flag();
FlagSpec quiet_flag();

// "yes" typed, or -f/--force given.
bool is_confirmed(const Invocation& invocation, const std::string& warning);

}  // namespace skein::cli
