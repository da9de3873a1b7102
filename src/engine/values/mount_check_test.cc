// Docker's words for mounts that make no sense.
#include "engine/values/mount_check.h"

#include <gtest/gtest.h>

namespace skein::engine {
namespace {

using nlohmann::json;

std::string mount_refusal(const json& mounts) {
  auto checked = check_mounts(mounts, [](const std::string& path) { return path == "/there"; });
  return checked.ok() ? "" : checked.error().text();
}

TEST(MountCheck, what_docker_refuses_is_refused_in_its_words) {
  const std::string bind = "invalid mount config for type \"bind\": ",
                    tmpfs = "invalid mount config for type \"tmpfs\": ";
  const std::pair<json, std::string> cases[] = {
      {{{"Type", "bind"}, {"Source", "/there"}, {"Target", "/d"}}, ""},
      {{{"Type", "bind"}, {"Source", "/x"}, {"Target", "/d"}}, bind + "bind source path does not exist: /x"},
      {{{"Type", "bind"}, {"Source", "/x"}, {"Target", "/d"}, {"BindOptions", {{"CreateMountpoint", true}}}}, ""},
      {{{"Type", "bind"}, {"Source", "x"}, {"Target", "/d"}},
       bind + "invalid mount path: 'x' mount path must be absolute"},
      {{{"Type", "bind"}, {"Target", "/d"}}, bind + "field Source must not be empty"},
      {{{"Type", "bind"}, {"Source", "/there"}}, bind + "field Target must not be empty"},
      {{{"Type", "bind"}, {"Source", "/there"}, {"Target", "d"}},
       bind + "invalid mount path: 'd' mount path must be absolute"},
      {{{"Type", "bind"}, {"Source", "/there"}, {"Target", "//"}},
       bind + "invalid specification: destination can't be '/'"},
      {{{"Type", "bind"}, {"Source", "/there"}, {"Target", "/d"}, {"VolumeOptions", {{"NoCopy", true}}}},
       bind + "field VolumeOptions must not be specified"},
      {{{"Type", "tmpfs"}, {"Source", "/x"}, {"Target", "/d"}}, tmpfs + "field Source must not be specified"},
      {{{"Type", "volume"}, {"Target", "/d"}}, ""},
  };
  for (const auto& [mount, wanted] : cases) EXPECT_EQ(mount_refusal(json::array({mount})), wanted) << mount;
  const json volume{{"Type", "volume"}, {"Target", "/d"}};
  EXPECT_EQ(mount_refusal(json::array({volume, volume})), "Duplicate mount point: /d");
  EXPECT_EQ(mount_refusal(json()), "");
}

}  // namespace
}  // namespace skein::engine
