// Memory in pages of its own, all zero, that take room only once they are written to. The heap's does at once here: it
// is overwritten when given out and back, for the keys' sake (src/cmd/espd_main.cc).
#pragma once

#include <sys/mman.h>

#include <memory>
#include <type_traits>

#include "base/result.h"

namespace skein::esp {

template <class T>
struct UnmapPages {
  void operator()(T* at) const { munmap(at, sizeof(T)); }
};

// A T that is fine as zeroes, and needs no destructor.
template <class T>
using InPages = std::unique_ptr<T, UnmapPages<T>>;

template <class T>
InPages<T> make_in_pages() {
  static_assert(std::is_trivially_destructible_v<T>);
  void* mapped = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SKEIN_ASSERT(mapped != MAP_FAILED);
  return InPages<T>(static_cast<T*>(mapped));
}

}  // namespace skein::esp
