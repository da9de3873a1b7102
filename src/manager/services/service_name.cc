#include "manager/services/service_name.h"

#include <array>

namespace skein::manager {

namespace {

constexpr std::array kManners = {"able",  "brave", "bright", "brisk", "calm",  "clear", "clever", "eager",
                                 "early", "fair",  "fond",   "fresh", "glad",  "grand", "happy",  "keen",
                                 "kind",  "light", "lively", "lucky", "merry", "mild",  "neat",   "noble",
                                 "proud", "quick", "quiet",  "sharp", "smart", "still", "swift",  "warm"};
constexpr std::array kBirds = {"avocet",  "bittern", "bunting", "buzzard", "crane",   "curlew", "dipper",  "dove",
                               "dunlin",  "eider",   "falcon",  "finch",   "gannet",  "goose",  "grebe",   "heron",
                               "jackdaw", "kestrel", "kite",    "knot",    "lapwing", "lark",   "martin",  "oriole",
                               "osprey",  "petrel",  "plover",  "robin",   "shrike",  "siskin", "swallow", "wren"};

}  // namespace

std::string choose_service_name(Random& random, const std::function<bool(const std::string&)>& is_taken) {
  std::string name = std::string(kManners[random.below(kManners.size())]) + "_" + kBirds[random.below(kBirds.size())];
  while (is_taken(name)) name += std::to_string(random.below(10));
  return name;
}

}  // namespace skein::manager
