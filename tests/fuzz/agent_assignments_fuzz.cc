// Assignments of a manager gone mad: the tasks that a node holds follow from the messages, and a broken sequence is
// told from a whole one.
#include <google/protobuf/stubs/logging.h>

#include <set>

#include "agent/tasks/task_set.h"

namespace {

using namespace skein;
using Message = agent::api::AssignmentsMessage;

std::set<std::string> ids_of(const agent::TaskSet& set) {
  std::set<std::string> ids;
  for (const auto& [id, task] : set.tasks()) ids.insert(id);
  return ids;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const auto was_loud = google::protobuf::SetLogHandler(nullptr);  // every string that is no UTF-8 gets a line
  (void)was_loud;
  Message message;
  if (!message.ParseFromArray(bytes, static_cast<int>(size))) return 0;
  agent::TaskSet set;
  const bool follows = message.type() == Message::COMPLETE || message.applies_to().empty();
  SKEIN_ASSERT(set.apply(message).ok() == follows);

  // Told twice of everything, a node holds what it was told of, and ends nothing.
  message.set_type(Message::COMPLETE);
  SKEIN_ASSERT(set.apply(message).ok());
  const auto ids = ids_of(set);
  const auto again = set.apply(message);
  SKEIN_ASSERT(again.ok() && again->removed.empty() && ids_of(set) == ids);
  SKEIN_ASSERT(std::set(again->updated.begin(), again->updated.end()) == ids);

  // A gap changes nothing.
  Message gap = message;
  gap.set_type(Message::INCREMENTAL);
  gap.set_applies_to(message.results_in() + "?");
  SKEIN_ASSERT(!set.apply(gap).ok() && ids_of(set) == ids);
  return 0;
}
