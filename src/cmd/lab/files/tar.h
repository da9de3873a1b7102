// Tar archives in the ustar format (POSIX.1-1988), in memory and deterministic: time 0, owner root, order of the calls.
#pragma once

#include <string>
#include <string_view>

namespace skein::lab {

class TarWriter {
 public:
  // Paths are relative, without a leading '/', and at most 100 bytes; a longer one is our bug and stops the program.
  void add_folder(std::string_view path, int mode = 0755);
  void add_file(std::string_view path, std::string_view content, int mode = 0644);
  void add_symlink(std::string_view path, std::string_view target);

  // The archive with its end mark. The writer is spent.
  std::string finish();

 private:
  void add_header(std::string_view path, char type, int mode, size_t size_bytes, std::string_view target);
  std::string bytes_;
};

}  // namespace skein::lab
