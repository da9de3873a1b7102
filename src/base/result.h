// Errors as values: every operation that something outside our control can break returns Result<T>.
//
// An Error says what failed, why, and what the user can do next. Its code is one of the canonical gRPC
// status codes, because it ends up either on the swarm's gRPC wire or as an HTTP status of the Engine API
// (see http_status). No exceptions cross a folder boundary. Values are immutable; safe to copy between threads.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace skein {

// Numeric values are those of gRPC (grpc/status.h), so that they can be sent as `grpc-status`.
enum class Code {
  kOk = 0,
  kCanceled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// The name as Docker prints it in "rpc error: code = NotFound desc = …".
const char* code_name(Code code);

// The HTTP status with which Docker's API answers an error of this code.
int http_status(Code code);

struct Error {
  Code code = Code::kUnknown;
  std::string what;      // what failed, in Docker's words where Docker has words
  std::string because;   // the cause, may be empty
  std::string try_next;  // what the user can do, may be empty

  // "what: because; try_next", leaving out the empty parts.
  std::string text() const;
};

Error make_error(Code code, std::string what, std::string because = {}, std::string try_next = {});
Error invalid_argument(std::string what);  // make_error with kInvalidArgument

// Puts the caller's context in front of an error: "attach web to blue: <error>".
Error with_context(Error error, const std::string& context);

// "rpc error: code = … desc = …", as Docker shows what a manager refused.
Error as_rpc_error(Error error);

// Stops the program, in release builds too: only our own bug can make `condition` false.
[[noreturn]] void assert_failed(const char* condition, const char* file, int line);
#define SKEIN_ASSERT(condition) ((condition) ? void(0) : ::skein::assert_failed(#condition, __FILE__, __LINE__))

struct Unit {};

// Either a value or an Error. Result<void> has no value.
template <class T>
class [[nodiscard]] Result {
 public:
  using Value = T;
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Only when ok(); otherwise the program stops.
  T& value() & { return SKEIN_ASSERT(ok()), std::get<0>(content_); }
  const T& value() const& { return SKEIN_ASSERT(ok()), std::get<0>(content_); }
  T&& value() && { return SKEIN_ASSERT(ok()), std::get<0>(std::move(content_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Only when !ok(); otherwise the program stops.
  const Error& error() const& { return SKEIN_ASSERT(!ok()), std::get<1>(content_); }
  Error&& error() && { return SKEIN_ASSERT(!ok()), std::get<1>(std::move(content_)); }

 private:
  std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using Value = void;
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return SKEIN_ASSERT(!ok()), *error_; }
  Error&& error() && { return SKEIN_ASSERT(!ok()), std::move(*error_); }

 private:
  std::optional<Error> error_;
};

// Returns the error of `expression` from the calling function, if there is one.
#define SKEIN_TRY(expression)                                                                   \
  do {                                                                                          \
    if (auto skein_try_ = (expression); !skein_try_.ok()) return std::move(skein_try_).error(); \
  } while (0)

// Declares `variable` with the value of `expression`, or returns its error from the calling function.
#define SKEIN_TRY_ASSIGN(variable, expression) \
  SKEIN_TRY_ASSIGN_3(variable, expression, SKEIN_CONCAT(result_at_, __LINE__))
#define SKEIN_TRY_ASSIGN_3(variable, expression, temporary) \
  auto temporary = (expression);                            \
  if (!temporary.ok()) return std::move(temporary).error(); \
  variable = std::move(temporary).value()

// The same two inside coroutines.
#define SKEIN_CO_TRY(expression)                                                                   \
  do {                                                                                             \
    if (auto skein_try_ = (expression); !skein_try_.ok()) co_return std::move(skein_try_).error(); \
  } while (0)
#define SKEIN_CO_TRY_ASSIGN(variable, expression) \
  SKEIN_CO_TRY_ASSIGN_3(variable, expression, SKEIN_CONCAT(result_at_, __LINE__))
#define SKEIN_CO_TRY_ASSIGN_3(variable, expression, temporary) \
  auto temporary = (expression);                               \
  if (!temporary.ok()) co_return std::move(temporary).error(); \
  variable = std::move(temporary).value()

#define SKEIN_CONCAT_(a, b) a##b
#define SKEIN_CONCAT(a, b) SKEIN_CONCAT_(a, b)

}  // namespace skein
