// What a check found wrong, and which of it is told. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stack/values/casts.h"
#include "stack/values/value.h"

namespace skein::stack {

// "services.web.ports.0"
std::string where(const Path& path);

constexpr size_t kProblemsMax = 100;
struct Problem {
  Path at;
  std::string text;  // "services.web.ports must be a list"
};

class Complaints {
 public:
  // `key`: of the value there, if it is the key that is wrong.
  void add(const Path& path, std::string text, const std::string& key = {});
  void add_type(const Path& path, const std::vector<std::string_view>& types);
  void add_one_of(const Path& path);
  void merge(Complaints other);
  void add_score(int points = 1) { score_ += points; }

  bool empty() const { return complaints_.empty(); }
  // How much was right; tells which alternative was meant.
  int score() const { return score_; }
  // The one with the deepest path, wrong types first.
  std::string deepest() const;
  // Each once; of a value that fits no alternative what its best match lacks.
  std::vector<Problem> all() const;

 private:
  enum class Kind { kType, kOneOf, kOther };
  struct Complaint {
    Kind kind;
    Path path;
    std::string where;
    std::string text;
    size_t depth() const;
  };
  void push(Complaint complaint);

  std::vector<Complaint> complaints_;
  int score_ = 0;
};

// Places of equal items: each with the one before it that equals it.
std::vector<std::pair<size_t, size_t>> doubles(const List& list);

}  // namespace skein::stack
