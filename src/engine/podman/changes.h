// Whether a request or an event may change the list of containers, or what is shown of one. Pure; what is not known to
// leave them alone changes them.
#pragma once

#include <string>
#include <string_view>

namespace skein::engine {

// `target` without version prefix, with query or not.
bool request_changes_list(std::string_view method, std::string_view target);

// A line of the event stream.
bool event_changes_list(std::string_view line);

// Of which containers a request or an event may change what is shown.
struct ContainersChange {
  enum class Reach {
    kNone,
    kOne,  // `container`: its name, its id, or the beginning of that; `name`: as it is called from now on, if known
    kNew,  // one that is made, as `name`
    kAll
  } reach = Reach::kAll;
  std::string container, name;
  bool is_gone = false;  // and will not come back
};
ContainersChange containers_changed_by_request(std::string_view method, std::string_view target);
ContainersChange containers_changed_by_event(std::string_view line);

// What is shown of a container, and how it was asked for.
struct InspectionSubject {
  std::string called, id, name;
  std::string state;
};
// `target` and body of a question of kind kContainer and its answer.
InspectionSubject inspection_subject(std::string_view target, std::string_view body);
// The container that a request has made, by the body of its answer; of what says nothing of one, any may have changed.
ContainersChange container_made(std::string_view body);
bool is_changed(const InspectionSubject& subject, const ContainersChange& change);

bool request_changes_images(std::string_view method, std::string_view target);
bool event_changes_images(std::string_view line);

// Which replies are kept until something changes: an inspected container whose state lasts; the list of images, and an
// inspected one.
enum class KeptKind { kNone, kContainer, kImage };
KeptKind kept_kind(std::string_view method, std::string_view target);
bool is_lasting(const std::string& state);

}  // namespace skein::engine
