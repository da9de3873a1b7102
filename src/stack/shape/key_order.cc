#include "stack/shape/key_order.h"

#include <cstdint>

namespace skein::stack {

namespace {

bool is_key_digit(char c) { return c >= '0' && c <= '9'; }
// Bytes of other alphabets count as letters.
bool is_key_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}
bool is_byte_before(char a, char b) { return static_cast<unsigned char>(a) < static_cast<unsigned char>(b); }

struct Run {
  uint64_t number = 0;
  size_t end = 0;
};

Run run_at(std::string_view text, size_t at, uint64_t start) {
  Run run{start, at};
  for (; run.end < text.size() && is_key_digit(text[run.end]); ++run.end) {
    run.number = run.number * 10 + static_cast<uint64_t>(text[run.end] - '0');
  }
  return run;
}

// Whether a digit that counts stands in the run before.
bool has_number_before(std::string_view text, size_t at) {
  while (at > 0 && is_key_digit(text[at - 1])) {
    if (text[--at] != '0') return true;
  }
  return false;
}

}  // namespace

bool is_key_before(std::string_view a, std::string_view b) {
  bool is_behind_digits = false;
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a[i] == b[i]) {
      is_behind_digits = is_key_digit(a[i]);
      continue;
    }
    const bool is_letter_a = is_key_letter(a[i]);
    const bool is_letter_b = is_key_letter(b[i]);
    if (is_letter_a && is_letter_b) return is_byte_before(a[i], b[i]);
    if (is_letter_a || is_letter_b) return is_behind_digits ? is_letter_a : is_letter_b;
    const uint64_t start = (a[i] == '0' || b[i] == '0') && has_number_before(a, i) ? 1 : 0;
    const Run run_a = run_at(a, i, start);
    const Run run_b = run_at(b, i, start);
    if (run_a.number != run_b.number) return run_a.number < run_b.number;
    if (run_a.end != run_b.end) return run_a.end < run_b.end;
    return is_byte_before(a[i], b[i]);
  }
  return a.size() < b.size();
}

}  // namespace skein::stack
