#include "base/resident.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace skein {
namespace {

TEST(Resident, only_pages_that_are_in_files_can_be_given_back) {
  const char* smaps =
      "1000-3000 r-xp 00000000 fe:00 12       /usr/bin/code\n"
      "Rss:                   8 kB\n"
      "Anonymous:             0 kB\n"
      "VmFlags: rd ex mr mw me\n"
      "3000-4000 r--p 00002000 fe:00 12       /usr/bin/relocated tables\n"
      "Anonymous:             4 kB\n"
      "4000-5000 rw-p 00003000 fe:00 12       /usr/bin/data\n"
      "Anonymous:             0 kB\n"
      "5000-6000 r--s 00000000 fe:00 13       /var/shared\n"
      "Anonymous:             0 kB\n"
      "6000-7000 r--p 00000000 00:00 0 \n"
      "Anonymous:             0 kB\n"
      "7000-8000 r-xp 00000000 00:00 0        [vdso]\n"
      "Anonymous:             0 kB\n"
      "ffff7000-ffff9000 r--p 00000000 fe:00 14  /usr/lib/constants\n"
      "Anonymous:             0 kB";
  EXPECT_EQ(mappings_to_read_again(smaps), (std::vector<Mapping>{{0x1000, 0x3000}, {0xffff7000, 0xffff9000}}));
  EXPECT_TRUE(mappings_to_read_again("no such thing\nAnonymous: 0 kB\n-\n- \n").empty());
}

TEST(Resident, the_program_goes_on_with_less) {
  auto resident_kB = [] {
    std::ifstream file("/proc/self/status");
    const std::string status{std::istreambuf_iterator<char>(file), {}};
    return std::stoul(status.substr(status.find("RssFile:") + 8));
  };
  const auto before = resident_kB();
  auto given = give_back_file_pages();
  ASSERT_TRUE(given.ok()) << given.error().text();
  EXPECT_LT(resident_kB(), before);
}

}  // namespace
}  // namespace skein
