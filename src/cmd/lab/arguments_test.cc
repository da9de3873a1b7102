#include "cmd/lab/arguments.h"

#include <gtest/gtest.h>

namespace skein::lab {
namespace {

using Words = std::vector<std::string>;

std::string error_of(const Words& words) {
  const auto order = parse_arguments(words);
  return order.ok() ? "" : order.error().text();
}

TEST(LabArguments, up_has_defaults_and_takes_both_forms_of_a_flag) {
  const auto plain = parse_arguments(Words{"up"});
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->verb, Verb::kUp);
  EXPECT_EQ(plain->spec, (Spec{"lab", 2, 0, 1500}));
  const auto full = parse_arguments(Words{"up", "--name", "a", "--hosts=3", "--clients", "1", "--mtu=9000"});
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full->spec, (Spec{"a", 3, 1, 9000}));
  const auto processes = parse_arguments(Words{"up", "--engine", "process"});
  ASSERT_TRUE(processes.ok());
  EXPECT_EQ(processes->spec, (Spec{"lab", 2, 0, 1500, "process"}));
}

TEST(LabArguments, impossible_labs_are_refused_with_the_reason) {
  EXPECT_EQ(error_of({"up", "--hosts", "0"}), "--hosts 0 is out of range: it must be 1 to 90");
  EXPECT_EQ(error_of({"up", "--hosts", "91"}), "--hosts 91 is out of range: it must be 1 to 90");
  EXPECT_EQ(error_of({"up", "--mtu", "1279"}), "--mtu 1279 is out of range: it must be 1280 to 9216");
  EXPECT_NE(error_of({"up", "--hosts", "two"}), "");
  EXPECT_NE(error_of({"up", "--hosts", ""}), "");
  EXPECT_NE(error_of({"up", "--hosts", "2x"}), "");
  EXPECT_NE(error_of({"up", "--hosts"}), "");
  EXPECT_NE(error_of({"up", "--color", "red"}), "");
  EXPECT_EQ(error_of({"up", "--engine", "docker"}), "there is no engine 'docker': it must be podman or process");
  EXPECT_NE(error_of({"up", "--name", "../etc"}), "");
}

TEST(LabArguments, exec_passes_the_command_on_untouched) {
  const auto order = parse_arguments(Words{"exec", "lab", "host-1", "--", "ls", "--", "-l"});
  ASSERT_TRUE(order.ok());
  EXPECT_EQ(order->lab, "lab");
  EXPECT_EQ(order->machine, "host-1");
  EXPECT_EQ(order->command, (Words{"ls", "--", "-l"}));
  const auto without_dashes = parse_arguments(Words{"exec", "lab", "host-1", "ls", "-l"});
  ASSERT_TRUE(without_dashes.ok());
  EXPECT_EQ(without_dashes->command, (Words{"ls", "-l"}));
  EXPECT_NE(error_of({"exec", "lab", "host-1", "--"}), "");
  EXPECT_NE(error_of({"exec", "lab"}), "");
}

TEST(LabArguments, cut_takes_one_machine_or_a_pair) {
  EXPECT_EQ(parse_arguments(Words{"cut", "lab", "host-1"})->peer, "");
  EXPECT_EQ(parse_arguments(Words{"cut", "lab", "host-1", "host-2"})->peer, "host-2");
  EXPECT_EQ(error_of({"cut", "lab", "host-1", "host-1"}),
            "a machine cannot be cut from itself; see `skein lab --help`");
  EXPECT_NE(error_of({"cut", "lab"}), "");
}

TEST(LabArguments, reboot_takes_one_machine) {
  const auto order = parse_arguments(Words{"reboot", "lab", "host-2"});
  ASSERT_TRUE(order.ok());
  EXPECT_EQ(order->verb, Verb::kReboot);
  EXPECT_EQ(order->machine, "host-2");
  EXPECT_EQ(error_of({"reboot", "lab"}), "usage: skein lab reboot LAB MACHINE; see `skein lab --help`");
}

TEST(LabArguments, wrong_usage_shows_the_right_one) {
  EXPECT_EQ(error_of({"kill", "lab"}), "usage: skein lab kill LAB HOST; see `skein lab --help`");
  EXPECT_EQ(error_of({"down"}), "usage: skein lab down LAB; see `skein lab --help`");
  EXPECT_EQ(error_of({"ls", "x"}), "usage: skein lab ls; see `skein lab --help`");
  EXPECT_EQ(error_of({"dance"}), "'skein lab' has no command 'dance'; see `skein lab --help`");
  EXPECT_NE(error_of({"down", "a/b"}), "");
}

TEST(LabArguments, help_is_the_default) {
  for (const Words& words : {Words{}, Words{"--help"}, Words{"help"}, Words{"-h"}})
    EXPECT_EQ(parse_arguments(words)->verb, Verb::kHelp);
}

}  // namespace
}  // namespace skein::lab
