#include "base/time/fault_pause.h"

#include "base/log.h"

namespace skein {

bool FaultPause::note(const std::string& why, TimePoint now) {
  if (now < silent_until_) return false;
  silent_until_ = now + kSilence;
  log_warning(event_, {{"why", why}, {"then", "tried again; not told again for a minute"}});
  return true;
}

}  // namespace skein
