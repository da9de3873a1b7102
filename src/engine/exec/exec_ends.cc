#include "engine/exec/exec_ends.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace skein::engine {

namespace {

Error ends_errno(const std::string& what) { return make_error(Code::kUnavailable, what, std::strerror(errno)); }

Result<void> connect_pipe(Descriptor& reading, Descriptor& writing) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return ends_errno("make a pipe");
  reading = Descriptor(ends[0]);
  writing = Descriptor(ends[1]);
  return {};
}

Result<void> make_null(Descriptor& end, int flags) {
  end = Descriptor(::open("/dev/null", flags | O_CLOEXEC));
  if (!end) return ends_errno("open /dev/null");
  return {};
}

}  // namespace

ExecWants wants_of(const ExecRequest& request, bool is_detached) {
  return {request.has_terminal, request.attaches_input && !is_detached, request.attaches_output && !is_detached,
          request.attaches_errors && !is_detached};
}

Result<Descriptor> make_memory_file(const char* name, const std::string& content) {
  Descriptor file(::memfd_create(name, MFD_CLOEXEC));
  if (!file) return ends_errno("make a file in memory");
  for (size_t done = 0; done < content.size();) {
    const ssize_t size = ::write(file.get(), content.data() + done, content.size() - done);
    if (size < 0) return ends_errno("write a file in memory");
    done += static_cast<size_t>(size);
  }
  return file;
}

// Ours are non-blocking, the other ends are the process's and block.
Result<void> connect_exec(const ExecWants& wants, SpawnedExec& ours, ExecEnds& theirs) {
  if (wants.input && !wants.terminal) {
    SKEIN_TRY(connect_pipe(theirs.input, ours.input));
  } else {
    SKEIN_TRY(make_null(theirs.input, O_RDONLY));
  }
  if (wants.output && !wants.terminal) {
    SKEIN_TRY(connect_pipe(ours.output, theirs.output));
  } else {
    SKEIN_TRY(make_null(theirs.output, O_WRONLY));
  }
  if (wants.errors && !wants.terminal) {
    SKEIN_TRY(connect_pipe(ours.errors, theirs.errors));
  } else {
    SKEIN_TRY(make_null(theirs.errors, O_WRONLY));
  }
  SKEIN_TRY(connect_pipe(ours.started, theirs.started));
  for (const Descriptor* end : {&ours.input, &ours.output, &ours.errors, &ours.started})
    if (*end) ::fcntl(end->get(), F_SETFL, O_NONBLOCK);
  SKEIN_TRY_ASSIGN(theirs.log, make_memory_file("exec-log", ""));
  ours.log = Descriptor(::fcntl(theirs.log.get(), F_DUPFD_CLOEXEC, 0));
  if (!ours.log) return ends_errno("duplicate the log");
  return {};
}

}  // namespace skein::engine
