#include "base/result.h"

#include <cstdio>
#include <cstdlib>

namespace skein {

const char* code_name(Code code) {
  switch (code) {
    case Code::kOk: return "OK";
    case Code::kCanceled: return "Canceled";
    case Code::kUnknown: return "Unknown";
    case Code::kInvalidArgument: return "InvalidArgument";
    case Code::kDeadlineExceeded: return "DeadlineExceeded";
    case Code::kNotFound: return "NotFound";
    case Code::kAlreadyExists: return "AlreadyExists";
    case Code::kPermissionDenied: return "PermissionDenied";
    case Code::kResourceExhausted: return "ResourceExhausted";
    case Code::kFailedPrecondition: return "FailedPrecondition";
    case Code::kAborted: return "Aborted";
    case Code::kOutOfRange: return "OutOfRange";
    case Code::kUnimplemented: return "Unimplemented";
    case Code::kInternal: return "Internal";
    case Code::kUnavailable: return "Unavailable";
    case Code::kDataLoss: return "DataLoss";
    case Code::kUnauthenticated: return "Unauthenticated";
  }
  return "Unknown";
}

int http_status(Code code) {
  switch (code) {
    case Code::kOk: return 200;
    case Code::kInvalidArgument:
    case Code::kFailedPrecondition:
    case Code::kOutOfRange: return 400;
    case Code::kUnauthenticated: return 401;
    case Code::kPermissionDenied: return 403;
    case Code::kNotFound: return 404;
    case Code::kAlreadyExists: return 409;
    case Code::kUnimplemented: return 501;
    case Code::kUnavailable: return 503;
    default: return 500;
  }
}

std::string Error::text() const {
  std::string out = what;
  if (!because.empty()) out += ": " + because;
  if (!try_next.empty()) out += "; " + try_next;
  return out;
}

Error make_error(Code code, std::string what, std::string because, std::string try_next) {
  return Error{code, std::move(what), std::move(because), std::move(try_next)};
}

Error invalid_argument(std::string what) { return make_error(Code::kInvalidArgument, std::move(what)); }

Error as_rpc_error(Error error) {
  if (!error.what.starts_with("rpc error:"))
    error.what = std::string("rpc error: code = ") + code_name(error.code) + " desc = " + error.what;
  return error;
}

Error with_context(Error error, const std::string& context) {
  error.what = context + ": " + error.what;
  return error;
}

void assert_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "assertion failed: %s at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace skein
