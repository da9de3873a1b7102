#include "engine/exec/exec_call.h"

#include <array>

namespace skein::engine {

namespace {

struct ExecPath {
  ExecVerb verb;
  std::string_view method, begin, end;
};

constexpr std::array<ExecPath, 4> kExecPaths{{{ExecVerb::kCreate, "POST", "/containers/", "/exec"},
                                              {ExecVerb::kStart, "POST", "/exec/", "/start"},
                                              {ExecVerb::kResize, "POST", "/exec/", "/resize"},
                                              {ExecVerb::kInspect, "GET", "/exec/", "/json"}}};

}  // namespace

ExecCall parse_exec_call(std::string_view method, std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  for (const ExecPath& known : kExecPaths) {
    if (method != known.method || !path.starts_with(known.begin) || !path.ends_with(known.end)) continue;
    if (path.size() <= known.begin.size() + known.end.size()) continue;
    const std::string_view subject =
        path.substr(known.begin.size(), path.size() - known.begin.size() - known.end.size());
    if (subject.find('/') != std::string_view::npos) continue;
    ExecCall call{known.verb, io::http::percent_decode(subject), {}};
    if (path.size() < target.size()) call.query = io::http::Query::parse(target.substr(path.size() + 1));
    return call;
  }
  return {};
}

}  // namespace skein::engine
