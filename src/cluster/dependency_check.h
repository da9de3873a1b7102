// What a secret or config may be, and who uses it. Both are dependencies: what tasks refer to, and need before they
// start. Pure; errors in Docker's words.
#pragma once

#include <string>
#include <vector>

#include "store/tables.h"

namespace skein::cluster {

template <class T>
inline constexpr size_t kDependencyBytesEnd = 0;  // the data has fewer
template <>
inline constexpr size_t kDependencyBytesEnd<store::api::Secret> = 512'000;
template <>
inline constexpr size_t kDependencyBytesEnd<store::api::Config> = 1'024'000;
// Of all but the data: with it an object fits into a batch of the store.
inline constexpr size_t kDependencyLabelBytesMax = size_t{16} << 10;

// T is api::Secret or api::Config, here and below.
template <class T>
Result<void> check_dependency(const typename T::Spec& spec);

// Names are compared without regard to case.
std::string folded(std::string name);
template <class T>
std::vector<store::Ref<T>> dependencies_named(const store::Tables& view, const std::string& name);

// What a user means by `text`: an id, else a name, else the beginning of an id.
template <class T>
Result<store::Ref<T>> find_dependency(const store::Tables& view, const std::string& text);

// kInvalidArgument "secret 'a' is in use by the following services: web, api"
template <class T>
Result<void> check_is_unused(const T& dependency, const store::Tables& view);

}  // namespace skein::cluster
