// The files are the container's: whatever they hold, the answer is a user that they name, or an error.
#include "engine/exec/request/accounts.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace skein::engine {
namespace {

const AccountFiles kFiles{
    "root:x:0:0:root:/root:/bin/sh\n# a comment\n\n+::::::\nweb:x:33:34:Web:/var/www:/bin/false\n33x:x:1:1::/:\n"
    "short:x:7\nnamed:x:abc:1::/:\nnegative:x:-1:1::/:\nhuge:x:4294967296:1::/:\nlate:x:50:51:::\n44:x:60:61::/n:\n",
    "root:x:0:\nwww:x:34:\nstaff:x:100:web,other\nadm:x:101:other,web\nnone:x:102:webs,we\nbroken:x:z:web\nshort\n"};

std::string shown(const Result<ExecUser>& user) {
  if (!user.ok()) return user.error().text();
  std::string out = std::to_string(user->uid) + ":" + std::to_string(user->gid);
  for (uint32_t group : user->groups) out += "," + std::to_string(group);
  return out + " " + user->home;
}

std::string find(const std::string& wanted, const std::vector<std::string>& more = {}) {
  return shown(find_user(kFiles, wanted, more));
}

TEST(Accounts, users_are_found_by_name_and_number) {
  EXPECT_EQ(find("root"), "0:0 /root");
  EXPECT_EQ(find("web"), "33:34,100,101 /var/www");
  EXPECT_EQ(find("33"), "33:34,100,101 /var/www");
  EXPECT_EQ(find("5"), "5:0 ") << "a number needs no entry";
  EXPECT_EQ(find("44"), "44:0 ") << "a number is a number, though a user is called so";
  EXPECT_EQ(find("late"), "50:51 ");
}

TEST(Accounts, a_group_takes_the_place_of_the_users_own) {
  EXPECT_EQ(find("web:staff"), "33:100 /var/www");
  EXPECT_EQ(find("web:7"), "33:7 /var/www");
  EXPECT_EQ(find("5:www"), "5:34 ");
  EXPECT_EQ(find(":staff"), "0:100 /root");
  EXPECT_EQ(find("web", {"www", "900"}), "33:34,100,101,34,900 /var/www");
}

TEST(Accounts, what_is_not_there_is_said_in_dockers_words) {
  EXPECT_EQ(find("nosuch"), "unable to find user nosuch: no matching entries in passwd file");
  EXPECT_EQ(find("0:nosuch"), "unable to find group nosuch: no matching entries in group file");
  EXPECT_EQ(find("web", {"nosuch"}), "unable to find group nosuch: no matching entries in group file");
  for (const char* wanted : {"4294967296", "2147483648", "0:2147483648", "99999999999999999999"})
    EXPECT_EQ(find(wanted), "uids and gids must be in range 0-2147483647") << wanted;
}

TEST(Accounts, damaged_lines_name_nobody) {
  for (const char* name : {"short", "named", "negative", "huge", "#", "+"})
    EXPECT_EQ(find(name), "unable to find user " + std::string(name) + ": no matching entries in passwd file");
  EXPECT_EQ(shown(find_user({}, "nosuch", {})), "unable to find user nosuch: no matching entries in passwd file");
  EXPECT_EQ(shown(find_user({}, "7:8", {})), "7:8 ");
}

TEST(Accounts, homes_are_those_of_numbers) {
  EXPECT_EQ(home_of(kFiles, 33), "/var/www");
  EXPECT_EQ(home_of(kFiles, 34), std::nullopt);
  EXPECT_EQ(home_of({}, 0), std::nullopt);
}

TEST(Accounts, any_bytes_can_be_read) {
  SeededRandom random(1);
  for (int round = 0; round < 500; ++round) {
    AccountFiles files = kFiles;
    for (std::string* file : {&files.passwd, &files.group})
      for (int change = 0; change < 20; ++change) (*file)[random.below(file->size())] = ":\n,x0\0"[random.below(6)];
    for (const char* wanted : {"web", "33", "web:staff", ":", "", "::"}) {
      const auto user = find_user(files, wanted, {"adm"});
      EXPECT_LE(user.ok() ? user->uid : 0u, static_cast<uint32_t>(INT32_MAX));
    }
  }
}

}  // namespace
}  // namespace skein::engine
