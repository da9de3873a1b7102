#include "cmd/lab/files/tar.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/result.h"

namespace skein::lab {
namespace {

constexpr size_t kBlockBytes = 512;

// Offset and width of the header's fields.
struct Field {
  size_t offset;
  size_t width;
};
constexpr Field kPath{0, 100}, kMode{100, 8}, kUser{108, 8}, kGroup{116, 8}, kSize{124, 12}, kTime{136, 12},
    kChecksum{148, 8}, kType{156, 1}, kTarget{157, 100}, kMagic{257, 8};

using Header = std::array<char, kBlockBytes>;

void put(Header& header, Field field, std::string_view text) {
  SKEIN_ASSERT(text.size() <= field.width);
  std::copy(text.begin(), text.end(), header.begin() + field.offset);
}

// Octal digits, zero-padded, with a closing NUL.
void put_number(Header& header, Field field, size_t value) {
  std::array<char, 16> digits{};
  const int length = std::snprintf(digits.data(), digits.size(), "%0*zo", static_cast<int>(field.width) - 1, value);
  put(header, field, {digits.data(), static_cast<size_t>(length)});
}

}  // namespace

void TarWriter::add_header(std::string_view path, char type, int mode, size_t size_bytes, std::string_view target) {
  Header header{};
  put(header, kPath, path);
  put_number(header, kMode, static_cast<size_t>(mode));
  put_number(header, kUser, 0);
  put_number(header, kGroup, 0);
  put_number(header, kSize, size_bytes);
  put_number(header, kTime, 0);
  put(header, kType, {&type, 1});
  put(header, kTarget, target);
  put(header, kMagic, std::string_view("ustar\00000", 8));
  // The checksum is taken with its own field full of blanks, and is written as six digits, NUL, blank.
  put(header, kChecksum, "        ");
  size_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put_number(header, {kChecksum.offset, 7}, sum);
  bytes_.append(header.data(), header.size());
}

void TarWriter::add_folder(std::string_view path, int mode) { add_header(std::string(path) + "/", '5', mode, 0, ""); }

void TarWriter::add_file(std::string_view path, std::string_view content, int mode) {
  add_header(path, '0', mode, content.size(), "");
  bytes_ += content;
  bytes_.resize((bytes_.size() + kBlockBytes - 1) / kBlockBytes * kBlockBytes);
}

void TarWriter::add_symlink(std::string_view path, std::string_view target) { add_header(path, '2', 0777, 0, target); }

std::string TarWriter::finish() {
  bytes_.append(2 * kBlockBytes, '\0');
  return std::move(bytes_);
}

}  // namespace skein::lab
