// The labels by which the container of a task says whose it is; names and meaning are Docker's.
#pragma once

namespace skein::containers {

inline constexpr const char* kTaskLabel = "com.docker.swarm.task";  // always empty: marks the container as a task's
inline constexpr const char* kTaskIdLabel = "com.docker.swarm.task.id";
inline constexpr const char* kTaskNameLabel = "com.docker.swarm.task.name";
inline constexpr const char* kNodeIdLabel = "com.docker.swarm.node.id";
inline constexpr const char* kServiceIdLabel = "com.docker.swarm.service.id";
inline constexpr const char* kServiceNameLabel = "com.docker.swarm.service.name";

}  // namespace skein::containers
