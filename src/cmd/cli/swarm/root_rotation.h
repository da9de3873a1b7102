// The progress of a root rotation as Docker shows it: the digest of the root wanted, and how many nodes have
// certificates of it and trust it. Pure but for the file written to.
#pragma once

#include <cstdio>
#include <string>

#include "cmd/cli/words/json.h"

namespace skein::cli {

struct RotationProgress {
  std::string digest;  // "sha256:…"
  int64_t nodes = 0;
  int64_t certificates = 0;  // nodes whose certificate the wanted root has issued
  int64_t roots = 0;         // nodes that trust it; 0 while certificates are missing
  bool is_done = false;
};

// Of the answers to GET /swarm and GET /nodes.
RotationProgress rotation_progress(const Json& swarm, const Json& nodes);

// On a terminal three lines that change; else what Docker prints without one, which is each digest.
class RotationDisplay {
 public:
  // `columns`: of the terminal; 0: there is none.
  RotationDisplay(std::FILE* output, int columns);
  void show(const RotationProgress& progress);

 private:
  void line(int number, const std::string& text);
  std::string bar(int64_t count, int64_t total) const;

  std::FILE* output_;
  int columns_;
};

}  // namespace skein::cli
