// skein: the command line.
#include <cstring>

#include "cmd/cli/cli.h"
#include "cmd/lab/lab.h"

int main(int argc, char** argv) {
  const char* const command = argc > 1 ? argv[1] : "";
  if (std::strcmp(command, "lab") == 0) return skein::lab::lab_main(argc - 1, argv + 1);
  if (std::strcmp(command, "lab-init") == 0) return skein::lab::lab_init_main(argc - 1, argv + 1);
  return skein::cli::cli_main(argc, argv);
}
