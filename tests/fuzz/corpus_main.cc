// Runs a fuzz target without a fuzzer: every file of its corpus, then mutations of them.
//   fuzz_corpus TARGET CORPUS-FOLDER MUTATIONS [SEED]
// The same seed makes the same inputs. The input being tried stands in ./<target>.last_input, which stays behind when
// the target dies and can be given back as a one-file corpus with 0 mutations.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "corpus_targets.h"

namespace {

namespace fs = std::filesystem;
using Generator = std::mt19937_64;

constexpr size_t kInputBytesMax = 1 << 20;

// Smaller than `bound`; 0 for an empty range.
size_t below(Generator& random, size_t bound) { return bound == 0 ? 0 : random() % bound; }

std::vector<std::string> read_corpus(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& file : fs::directory_iterator(folder)) paths.push_back(file.path());
  std::sort(paths.begin(), paths.end());  // the order of a folder is no order
  std::vector<std::string> inputs;
  for (const fs::path& path : paths) {
    std::ifstream in(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return inputs;
}

// Bytes at which lengths and codes tend to go wrong.
char telling_byte(Generator& random) {
  static constexpr unsigned char kBytes[] = {0x00, 0x01, 0x7f, 0x80, 0xc0, 0xff};
  const size_t choice = below(random, std::size(kBytes) + 1);
  return static_cast<char>(choice < std::size(kBytes) ? kBytes[choice] : random());
}

void change_once(std::string& input, const std::vector<std::string>& corpus, Generator& random) {
  const size_t at = below(random, input.size());
  switch (below(random, 7)) {
    case 0: input.resize(at); break;
    case 1: input.erase(at, 1 + below(random, 8)); break;
    case 2: input.insert(at, 1 + below(random, 8), telling_byte(random)); break;
    case 3: {  // the start of one and the end of another
      const std::string& other = corpus[below(random, corpus.size())];
      input = input.substr(0, at) + other.substr(below(random, other.size()));
      break;
    }
    case 4: input.insert(at, input.substr(below(random, input.size()), 1 + below(random, 64))); break;
    case 5:
      if (!input.empty()) input[at] = static_cast<char>(input[at] ^ 1 << below(random, 8));
      break;
    default:
      if (!input.empty()) input[at] = telling_byte(random);
  }
  if (input.size() > kInputBytesMax) input.resize(kInputBytesMax);
}

class LastInput {
 public:
  explicit LastInput(const FuzzTarget& target)
      : target_(target),
        path_(std::string(target.name) + ".last_input"),
        file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {}
  ~LastInput() {
    if (file_ >= 0) ::close(file_);
    ::unlink(path_.c_str());
  }
  LastInput(const LastInput&) = delete;
  LastInput& operator=(const LastInput&) = delete;

  void run(const std::string& input) {
    const auto size = static_cast<off_t>(input.size());
    if (::pwrite(file_, input.data(), input.size(), 0) != size || ::ftruncate(file_, size) != 0) {
      std::fprintf(stderr, "cannot write %s\n", path_.c_str());
      std::exit(2);
    }
    target_.run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  }

 private:
  const FuzzTarget& target_;
  std::string path_;
  int file_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: %s TARGET CORPUS-FOLDER MUTATIONS [SEED]\n", argv[0]), 2;
  const FuzzTarget* target = kFuzzTargets;
  while (target->name && std::string_view(target->name) != argv[1]) ++target;
  if (!target->name) return std::fprintf(stderr, "no fuzz target %s\n", argv[1]), 2;
  const std::vector<std::string> corpus = read_corpus(argv[2]);
  const unsigned long mutations = std::strtoul(argv[3], nullptr, 10);
  const unsigned long seed = argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 1;
  if (corpus.empty()) return std::fprintf(stderr, "no input in %s\n", argv[2]), 2;
  std::printf("%zu inputs, %lu mutations, seed %lu\n", corpus.size(), mutations, seed);
  std::fflush(stdout);

  LastInput last(*target);
  last.run("");
  for (const std::string& input : corpus) last.run(input);
  Generator random(seed);
  for (unsigned long i = 0; i < mutations; ++i) {
    std::string input = corpus[below(random, corpus.size())];
    for (size_t changes = 1 + below(random, 4); changes > 0; --changes) change_once(input, corpus, random);
    last.run(input);
  }
}
