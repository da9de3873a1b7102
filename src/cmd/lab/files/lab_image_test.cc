#include "cmd/lab/files/lab_image.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "cmd/lab/files/tar.h"

namespace skein::lab {
namespace {

struct Entry {
  char type;
  std::string mode;
  std::string target;
  std::string content;
};

// An independent reader of ustar; fails the test on a wrong checksum.
std::map<std::string, Entry> read_tar(const std::string& bytes) {
  std::map<std::string, Entry> entries;
  size_t at = 0;
  for (; at + 512 <= bytes.size() && bytes[at] != '\0'; at += 512) {
    const std::string header = bytes.substr(at, 512);
    size_t sum = 0;
    for (size_t i = 0; i < 512; ++i) sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(header[i]);
    EXPECT_EQ(std::stoul(header.substr(148, 6), nullptr, 8), sum);
    EXPECT_EQ(header.substr(257, 5), "ustar");
    EXPECT_EQ(std::stoul(header.substr(136, 11), nullptr, 8), 0u) << "times would make archives differ";
    const size_t size = std::stoul(header.substr(124, 11), nullptr, 8);
    entries[header.c_str()] = {header[156], header.substr(100, 7), header.c_str() + 157, bytes.substr(at + 512, size)};
    at += (size + 511) / 512 * 512;
  }
  EXPECT_EQ(bytes.size() - at, 1024u) << "the end mark is two empty blocks";
  EXPECT_EQ(bytes.find_first_not_of('\0', at), std::string::npos);
  return entries;
}

TEST(LabTar, what_goes_in_comes_out) {
  TarWriter tar;
  tar.add_folder("d", 01777);
  tar.add_file("d/empty", "");
  tar.add_file("d/block", std::string(512, 'x'), 0755);
  tar.add_symlink("d/link", "block");
  auto entries = read_tar(tar.finish());
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries["d/"].type, '5');
  EXPECT_EQ(entries["d/"].mode, "0001777");
  EXPECT_EQ(entries["d/empty"].content, "");
  EXPECT_EQ(entries["d/block"].content, std::string(512, 'x'));
  EXPECT_EQ(entries["d/block"].mode, "0000755");
  EXPECT_EQ(entries["d/link"].type, '2');
  EXPECT_EQ(entries["d/link"].target, "block");
}

TEST(LabImage, an_engine_finds_every_part_by_its_digest) {
  auto entries = read_tar(make_image("program", "arm64"));
  const auto manifest = nlohmann::json::parse(entries["manifest.json"].content);
  EXPECT_EQ(manifest[0]["RepoTags"][0], "docker.io/skein/lab:latest");
  const auto config = nlohmann::json::parse(entries[manifest[0]["Config"].get<std::string>()].content);
  EXPECT_EQ(config["architecture"], "arm64");
  EXPECT_EQ(config["config"]["Cmd"], nlohmann::json::array({"sh"}));
  const std::string layer_name = manifest[0]["Layers"][0];
  EXPECT_EQ(config["rootfs"]["diff_ids"][0], "sha256:" + layer_name.substr(0, 64));

  auto layer = read_tar(entries[layer_name].content);
  EXPECT_EQ(layer["bin/busybox"].content, "program");
  EXPECT_EQ(layer["bin/busybox"].mode, "0000755");
  for (const char* applet : {"bin/sh", "bin/httpd", "bin/wget", "bin/nc", "bin/nslookup", "bin/ping", "bin/ip"})
    EXPECT_EQ(layer[applet].target, "busybox") << applet;
  EXPECT_NE(layer["www/index.html"].content, "");
  EXPECT_EQ(layer["tmp/"].mode, "0001777");
}

TEST(LabImage, the_same_program_makes_the_same_image_on_every_machine) {
  EXPECT_EQ(make_image("program", "amd64"), make_image("program", "amd64"));
  EXPECT_NE(make_image("program", "amd64"), make_image("programs", "amd64"));
}

TEST(LabImage, architectures_are_named_as_docker_names_them) {
  EXPECT_EQ(docker_architecture("x86_64"), "amd64");
  EXPECT_EQ(docker_architecture("aarch64"), "arm64");
  EXPECT_EQ(docker_architecture("riscv64"), "riscv64");
}

}  // namespace
}  // namespace skein::lab
