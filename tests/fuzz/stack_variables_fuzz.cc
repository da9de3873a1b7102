// Variables in the texts of a compose file, as Docker's client and as the Compose Specification have them: a text is
// refused, or becomes one in which only values and defaults are new.
#include "base/bytes.h"
#include "stack/values/interpolate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace skein;
  const std::string text(as_text({bytes, size}));
  const stack::Environment environment{{"A", "1"}, {"B", ""}, {"LONG_name", "x$A${B}"}};
  SKEIN_ASSERT(stack::variable_length(text) <= text.size());
  const bool has_variable = text.find('$') != std::string::npos;
  const auto docker = stack::substitute(text, environment);
  SKEIN_ASSERT(docker.ok() ? has_variable || *docker == text : has_variable && !docker.error().what.empty());
  std::set<std::string> unset;
  const auto compose = stack::substitute_compose(text, environment, unset);
  SKEIN_ASSERT(compose.ok() ? has_variable || *compose == text : has_variable && !compose.error().what.empty());
  for (const std::string& name : unset) SKEIN_ASSERT(!name.empty() && !environment.contains(name));
  return 0;
}
