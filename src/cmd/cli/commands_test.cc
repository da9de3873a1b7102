// A letter or name with two meanings in one command would be taken for the first: `prune -f` was once a filter.
#include <gtest/gtest.h>

#include <set>

#include "cmd/cli/words/command.h"

namespace skein::cli {
namespace {

void expect_unique_flags(const Command& command, const std::string& path) {
  std::set<std::string> names;
  std::set<char> letters;
  for (const auto& flag : command.flags) {
    EXPECT_TRUE(names.insert(flag.name).second) << path << " --" << flag.name;
    if (flag.letter == 0) continue;
    EXPECT_TRUE(letters.insert(flag.letter).second) << path << " -" << flag.letter;
  }
  for (const auto& child : command.children) expect_unique_flags(child, path + " " + child.name);
}

TEST(Commands, no_flag_has_two_meanings_in_one_command) { expect_unique_flags(root_command(), "skein"); }

}  // namespace
}  // namespace skein::cli
