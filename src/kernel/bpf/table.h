// A BPF hash table of fixed-size keys and values, as the daemon writes and reads it.
//
// Values that the programs read while they are replaced are seen whole, either the old or the new one.
#pragma once

#include <bpf/bpf.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace skein::kernel::bpf {

template <class Key, class Value>
class Table {
 public:
  struct Rows {
    std::vector<Key> keys;
    std::vector<Value> values;  // as many as keys
    void add(const Key& key, const Value& value) { keys.push_back(key), values.push_back(value); }
  };

  Table() = default;
  Table(std::string name, int fd) : name_(std::move(name)), fd_(fd) {}  // the file descriptor stays the caller's

  // One system call for all. kResourceExhausted when the table is full; the rows before that are in it.
  Result<void> put(const Rows& rows) {
    auto count = static_cast<uint32_t>(rows.keys.size());
    if (count == 0) return {};
    LIBBPF_OPTS(bpf_map_batch_opts, options);
    if (bpf_map_update_batch(fd_, rows.keys.data(), rows.values.data(), &count, &options) == 0) return {};
    return failure("write");
  }

  Result<void> put(const Key& key, const Value& value) {
    if (bpf_map_update_elem(fd_, &key, &value, BPF_ANY) == 0) return {};
    return failure("write");
  }

  // Absent keys are no error.
  Result<void> erase(const Key& key) {
    if (bpf_map_delete_elem(fd_, &key) == 0 || errno == ENOENT) return {};
    return failure("delete from");
  }

  bool find(const Key& key, Value* value) const { return bpf_map_lookup_elem(fd_, &key, value) == 0; }

  // Complete where nobody else writes; of what comes or goes meanwhile, some.
  Result<std::vector<std::pair<Key, Value>>> rows() const {
    std::vector<std::pair<Key, Value>> all;
    std::vector<Key> keys(kRowsPerCall);
    std::vector<Value> values(kRowsPerCall);
    uint32_t position = 0;
    for (uint32_t* from = nullptr;; from = &position) {
      auto count = static_cast<uint32_t>(kRowsPerCall);
      LIBBPF_OPTS(bpf_map_batch_opts, options);
      int failed = bpf_map_lookup_batch(fd_, from, &position, keys.data(), values.data(), &count, &options);
      if (failed != 0 && errno != ENOENT) return failure("read");  // no entry: it was the last call
      for (uint32_t i = 0; i < count; ++i) all.emplace_back(keys[i], values[i]);
      if (failed != 0) return all;
    }
  }

 private:
  // Far more than the kernel ever has in one bucket, which it hands over as a whole.
  static constexpr size_t kRowsPerCall = sizeof(Value) > 1024 ? 64 : 1024;

  Error failure(const char* verb) const {
    Code code = errno == E2BIG ? Code::kResourceExhausted : errno == EPERM ? Code::kPermissionDenied : Code::kInternal;
    return make_error(code, std::string(verb) + " the data path's table of " + name_,
                      errno == E2BIG ? "it is full" : strerror(errno));
  }

  std::string name_;
  int fd_ = -1;
};

}  // namespace skein::kernel::bpf
