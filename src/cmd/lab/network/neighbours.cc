#include "cmd/lab/network/neighbours.h"

#include <cstdlib>

#include "cmd/lab/files/files.h"

namespace skein::lab {

size_t neighbours_of(const Spec& spec) {
  const size_t machines = machines_of(spec).size();
  return 2 * machines * machines;  // as much again for other labs, and for addresses that changed
}

Result<void> make_room_for_neighbours(const Spec& spec, const std::string& sysctls) {
  const size_t needed = neighbours_of(spec);
  for (const char* family : {"ipv4", "ipv6"}) {
    // The last is the limit; the others say from when on entries are given up.
    for (const char* name : {"gc_thresh3", "gc_thresh2", "gc_thresh1"}) {
      const std::string path = sysctls + "/" + family + "/neigh/default/" + name;
      auto now = read_file(path);
      if (!now.ok() && std::string(family) == "ipv6") continue;  // a kernel without it
      if (now.ok() && std::strtoull(now->c_str(), nullptr, 10) >= needed) continue;
      auto raised = write_existing(path, std::to_string(needed));
      if (raised.ok()) continue;
      if (std::string(name) != "gc_thresh3") continue;  // slower, not wrong
      Error error = with_context(raised.error(), "make room for " + std::to_string(needed) + " neighbours");
      error.try_next = "make a smaller lab, or write the number to " + path + " of the machine itself";
      return error;
    }
  }
  return {};
}

}  // namespace skein::lab
