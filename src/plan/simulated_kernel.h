// What a kernel would show after an operation of the plan: for property tests and for simulated hosts. Pure.
#pragma once

#include "plan/diff.h"

namespace skein::plan {

class SimulatedKernel {
 public:
  void carry_out(const Operation& operation, const Intent& wanted);
  void carry_out(const Changes& changes, const Intent& wanted) {
    for (const Operation& operation : changes.operations) carry_out(operation, wanted);
  }

  // Open to tests that spoil it.
  Observed state;

 private:
  uint32_t next_index_ = 100;
};

}  // namespace skein::plan
