// The LZW of memberlist's compress message: codes packed least significant bit first, 8-bit literals, 256 clears the
// table, 257 ends the data, codes are 9 to 12 bits wide and widen as soon as the next code to be assigned no longer
// fits (as in GIF, and unlike TIFF, which widens one code earlier).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace skein::wire::memberlist {

// Fails on a code that no compressor can have written, on input without an end code, and when the output would exceed
// `plain_bytes_max`. Bytes after the end code are ignored, as peers do.
Result<std::string> lzw_decompress(std::string_view packed, size_t plain_bytes_max);

}  // namespace skein::wire::memberlist
