// The files of a project by the Compose Specification: those that were given, those that they include, and those whose
// services they extend. Pure; what is on disk comes by the input's door.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "stack/load/load.h"

namespace skein::stack {

class ComposeFiles {
 public:
  explicit ComposeFiles(const Input& input) : input_(input) {}

  // All of them as one model. Paths in it are absolute.
  Result<Value> read();

  // Of all that read() has read: the files' values and texts, the variables of the shell and of ".env" files, and those
  // that were taken for blanks.
  const std::vector<Value>& seen() const { return seen_; }
  const std::vector<Source>& sources() const { return sources_; }
  const Environment& environment() const { return environment_; }
  const std::set<std::string>& unset() const { return unset_; }

 private:
  // Files that are merged into each other, with one folder and one environment.
  struct Group {
    std::vector<Source> files;
    std::string folder;
    Environment environment;
    std::vector<std::string> chain;  // of paths that led here
  };

  Result<Value> read_group(const Group& group);
  Result<Value> read_file(const Source& file, const Group& group);
  Result<Value> complete(const Value& value, const Source& file, const Group& group);
  Result<Value> parse(const Source& file, const Environment& environment);
  Result<Value> parse_text(const Source& file, const Environment& environment);
  Result<void> include_all(Value& model, const Value& includes, const Group& group);
  Result<Value> include(const Value& given, const Group& group);
  Result<Environment> environment_of(const std::string& folder, const Value& files, const Environment& outer);
  Result<Source> open(const std::string& path, const Group& group);

  Result<void> extend_all(Value& model, const Source& file, const Group& group);
  Result<Value> extended(const Value& services, const std::string& name, const Source& file, const Group& group,
                         std::vector<std::string> chain);

  const Input& input_;
  std::vector<Value> seen_;
  std::vector<Source> sources_;
  Environment environment_;
  std::set<std::string> unset_;
};

}  // namespace skein::stack
