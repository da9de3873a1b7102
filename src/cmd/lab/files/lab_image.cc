#include "cmd/lab/files/lab_image.h"

#include <openssl/sha.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/text/json_text.h"
#include "cmd/lab/files/tar.h"

namespace skein::lab {
namespace {

constexpr const char* kApplets[] = {
    "[",      "arp",       "arping", "ash",     "awk",      "base64",  "basename", "cat",        "chmod",    "chown",
    "cp",     "cut",       "date",   "dd",      "df",       "dirname", "du",       "echo",       "env",      "expr",
    "false",  "find",      "free",   "grep",    "gunzip",   "gzip",    "head",     "hexdump",    "hostname", "httpd",
    "id",     "ifconfig",  "ip",     "kill",    "killall",  "ln",      "ls",       "md5sum",     "mkdir",    "mkfifo",
    "mktemp", "mount",     "mv",     "nc",      "netstat",  "nproc",   "nslookup", "od",         "pidof",    "ping",
    "ping6",  "printf",    "ps",     "pwd",     "readlink", "rm",      "rmdir",    "route",      "sed",      "seq",
    "sh",     "sha256sum", "sleep",  "sort",    "stat",     "sync",    "sysctl",   "tail",       "tar",      "tee",
    "telnet", "test",      "time",   "timeout", "top",      "touch",   "tr",       "traceroute", "true",     "umount",
    "uname",  "uniq",      "uptime", "usleep",  "vi",       "watch",   "wc",       "wget",       "which",    "whoami",
    "xargs",  "yes"};

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return to_hex(as_text(digest));
}

std::string make_layer(std::string_view busybox) {
  TarWriter tar;
  tar.add_folder("bin");
  tar.add_file("bin/busybox", busybox, 0755);
  for (const char* applet : kApplets) tar.add_symlink(std::string("bin/") + applet, "busybox");
  for (const char* folder : {"dev", "etc", "proc", "root", "run", "sys", "usr", "var", "www"}) tar.add_folder(folder);
  tar.add_folder("tmp", 01777);
  tar.add_symlink("usr/bin", "../bin");
  tar.add_file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n");
  tar.add_file("etc/group", "root:x:0:\nnogroup:x:65534:\n");
  tar.add_file("etc/nsswitch.conf", "hosts: files dns\n");
  tar.add_file("www/index.html", "Hello from a container on a Skein overlay network.\n");
  return tar.finish();
}

}  // namespace

std::string docker_architecture(std::string_view machine) {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return std::string(machine);
}

std::string make_image(std::string_view busybox, std::string_view architecture) {
  const std::string layer = make_layer(busybox);
  const std::string layer_digest = sha256_hex(layer);
  const char* const created = "1970-01-01T00:00:00Z";
  const nlohmann::json config = {{"architecture", architecture},
                                 {"os", "linux"},
                                 {"created", created},
                                 {"config",
                                  {{"Cmd", {"sh"}},
                                   {"Env", {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}},
                                   {"WorkingDir", "/"}}},
                                 {"rootfs", {{"type", "layers"}, {"diff_ids", {"sha256:" + layer_digest}}}},
                                 {"history", {{{"created", created}, {"created_by", "skein lab"}}}}};
  const std::string config_text = json_text(config);
  const std::string config_name = sha256_hex(config_text) + ".json";
  const std::string layer_name = layer_digest + "/layer.tar";
  const nlohmann::json manifest = {{{"Config", config_name}, {"RepoTags", {kImageName}}, {"Layers", {layer_name}}}};

  TarWriter tar;
  tar.add_folder(layer_digest);
  tar.add_file(layer_name, layer);
  tar.add_file(config_name, config_text);
  tar.add_file("manifest.json", json_text(manifest));
  return tar.finish();
}

}  // namespace skein::lab
