// Files under tests/data/ca: certificates that Docker 20.10.24 made. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "base/time/clock.h"

namespace skein::ca {

inline std::string read_vector(const std::string& name) {
  std::ifstream in(SKEIN_TEST_DATA "/ca/" + name, std::ios::binary);
  EXPECT_TRUE(in.good()) << name;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline constexpr WallTime wall(int64_t seconds) { return {seconds * 1'000'000'000}; }

// 2026-11-22T22:36:07Z, when Docker issued worker-cert.pem.
inline constexpr WallTime kIssued = wall(1'795'386'967);
inline constexpr WallTime kAfterRotation = wall(1'795'387'567);

}  // namespace skein::ca
