#include "store/shared_parts.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <vector>

namespace skein::store {

namespace api = model::api;

namespace {

// The same contents always give the same text here, in whatever order maps lie in memory. Where they did not, a part
// would only be kept twice.
std::string contents_of(const google::protobuf::Message& part) {
  std::string out = part.GetTypeName() + ":";
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  part.SerializeToCodedStream(&coded);
  return out;
}

// A task with parts that others may have, too. The parts outlive it, and it lets go of them before it goes itself.
struct KeptTask {
  api::Task task;
  std::vector<std::shared_ptr<google::protobuf::Message>> parts;

  explicit KeptTask(api::Task whole) : task(std::move(whole)) {}
  KeptTask(const KeptTask&) = delete;
  KeptTask& operator=(const KeptTask&) = delete;
  ~KeptTask() {
    if (parts.empty()) return;
    (void)task.release_spec();
    (void)task.release_service_annotations();
    (void)task.release_endpoint();
    for (auto& attachment : *task.mutable_networks()) (void)attachment.release_network();
  }
};

}  // namespace

SharedParts::Part SharedParts::shared(google::protobuf::Message* part) {
  Part owned(part);
  auto& place = parts_[contents_of(*part)];
  if (auto known = place.lock()) return known;
  place = owned;
  return owned;
}

// Parts whose last task is gone; looked for each time when there are twice as many as were left.
void SharedParts::forget_unused() {
  if (parts_.size() < size_at_cleaning_) return;
  std::erase_if(parts_, [](const auto& entry) { return entry.second.expired(); });
  size_at_cleaning_ = std::max<size_t>(1'000, parts_.size() * 2);
}

std::shared_ptr<const api::Task> SharedParts::keep(api::Task task) {
  forget_unused();
  auto kept = std::make_shared<KeptTask>(std::move(task));
  api::Task& own = kept->task;
  auto share = [&](google::protobuf::Message* part) { return kept->parts.emplace_back(shared(part)).get(); };
  if (own.has_spec()) own.set_allocated_spec(static_cast<api::TaskSpec*>(share(own.release_spec())));
  if (own.has_service_annotations())
    own.set_allocated_service_annotations(static_cast<api::Annotations*>(share(own.release_service_annotations())));
  if (own.has_endpoint()) own.set_allocated_endpoint(static_cast<api::Endpoint*>(share(own.release_endpoint())));
  for (auto& attachment : *own.mutable_networks())
    if (attachment.has_network())
      attachment.set_allocated_network(static_cast<api::Network*>(share(attachment.release_network())));
  return {kept, &kept->task};
}

}  // namespace skein::store
