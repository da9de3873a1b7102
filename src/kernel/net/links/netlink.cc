#include "kernel/net/links/netlink.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

namespace skein::kernel::net {
namespace {

constexpr size_t kReceiveSizeBytes = 64 * 1024;  // above the largest dump part that the kernel makes (32 KB)
constexpr int kDumpAttempts = 5;                 // a table that changes during so many dumps never stands still
constexpr time_t kAnswerSeconds = 10;            // the kernel answers at once; this is for bugs, not for load

Code code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENODEV:
    case ESRCH:
    case ENXIO:
    case ENETUNREACH:
    case EHOSTUNREACH: return Code::kNotFound;
    case EEXIST: return Code::kAlreadyExists;
    case EPERM:
    case EACCES: return Code::kPermissionDenied;
    case EBUSY:
    case EAGAIN:
    case ETIMEDOUT: return Code::kUnavailable;
    case ENOMEM:
    case ENOBUFS:
    case ENOSPC: return Code::kResourceExhausted;
    case EOPNOTSUPP:
    case EAFNOSUPPORT: return Code::kUnimplemented;
    default: return Code::kInvalidArgument;
  }
}

Error errno_error(const std::string& what, int error_number, const std::string& detail = {}) {
  std::string because = std::strerror(error_number);
  if (!detail.empty()) because += " (" + detail + ")";
  return make_error(code_of(error_number), what, because);
}

// The kernel's own words about a refusal (NETLINK_EXT_ACK), if it has some.
std::string kernel_words(const nlmsghdr& message) {
  if (!(message.nlmsg_flags & NLM_F_ACK_TLVS)) return {};
  const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(&message));
  size_t header_size_bytes = sizeof(nlmsgerr);
  if (!(message.nlmsg_flags & NLM_F_CAPPED)) {
    if (error->msg.nlmsg_len < sizeof(nlmsghdr)) return {};
    header_size_bytes += error->msg.nlmsg_len - sizeof(nlmsghdr);
  }
  if (header_size_bytes >= mnl_nlmsg_get_payload_len(&message)) return {};
  return Attributes<NLMSGERR_ATTR_MSG>(message, header_size_bytes).text(NLMSGERR_ATTR_MSG);
}

// What one message of an answer means for the exchange.
struct Step {
  bool is_last = false;
  std::optional<Error> error;
};

Step step(const nlmsghdr& message, const std::string& what) {
  if (message.nlmsg_type == NLMSG_ERROR) {
    if (mnl_nlmsg_get_payload_len(&message) < sizeof(nlmsgerr)) return {true, errno_error(what, EBADMSG)};
    int error_number = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(&message))->error;
    if (error_number == 0) return {true, std::nullopt};
    return {true, errno_error(what, error_number, kernel_words(message))};
  }
  if (message.nlmsg_type == NLMSG_DONE) {
    int status = 0;
    if (mnl_nlmsg_get_payload_len(&message) >= sizeof(int))
      std::memcpy(&status, mnl_nlmsg_get_payload(&message), sizeof(int));
    if (status < 0) return {true, errno_error(what, -status)};
    return {true, std::nullopt};
  }
  return {};
}

}  // namespace

Request::Request(uint16_t type, uint16_t flags) {
  nlmsghdr* header = mnl_nlmsg_put_header(buffer_.data());
  header->nlmsg_type = type;
  header->nlmsg_flags = NLM_F_REQUEST | flags;
}

Request& Request::put_bytes(uint16_t type, const void* bytes, size_t size_bytes) {
  SKEIN_ASSERT(mnl_attr_put_check(message(), kSizeBytes, type, size_bytes, bytes));
  return *this;
}
Request& Request::put_u8(uint16_t type, uint8_t value) { return put_bytes(type, &value, sizeof value); }
Request& Request::put_u32(uint16_t type, uint32_t value) { return put_bytes(type, &value, sizeof value); }
Request& Request::put_text(uint16_t type, const std::string& text) {
  return put_bytes(type, text.c_str(), text.size() + 1);
}
Request& Request::put_address(uint16_t type, Ipv4 address) { return put_u32(type, htobe32(address.value)); }
Request& Request::put_address(uint16_t type, const Ipv6& address) {
  return put_bytes(type, address.octets.data(), address.octets.size());
}
Request& Request::put_mac(uint16_t type, const Mac& mac) {
  return put_bytes(type, mac.octets.data(), mac.octets.size());
}

Request& Request::nest(uint16_t type, const std::function<void()>& fill) {
  nlattr* nested = mnl_attr_nest_start_check(message(), kSizeBytes, type);
  SKEIN_ASSERT(nested != nullptr);
  fill();
  mnl_attr_nest_end(message(), nested);
  return *this;
}

Result<Netlink> Netlink::open(int protocol) {
  Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!fd) return errno_error("open a netlink socket", errno);
  int on = 1;
  // Both are refinements: without the first there are no words to an error, without the second dumps are unfiltered.
  (void)setsockopt(fd.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  if (protocol == NETLINK_ROUTE) (void)setsockopt(fd.get(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
  timeval limit{.tv_sec = kAnswerSeconds, .tv_usec = 0};
  (void)setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return errno_error("bind a netlink socket", errno);
  return Netlink(std::move(fd));
}

Result<Netlink> Netlink::open_in(const std::string& namespace_path) {
  std::optional<Netlink> opened;
  SKEIN_TRY(run_in_namespace(namespace_path, [&]() -> Result<void> {
    SKEIN_TRY_ASSIGN(Netlink netlink, open());
    opened.emplace(std::move(netlink));
    return {};
  }));
  return std::move(*opened);
}

Result<void> Netlink::execute(Request& request, const std::string& what) {
  request.message()->nlmsg_flags |= NLM_F_ACK;
  SKEIN_TRY_ASSIGN(bool is_consistent, exchange(request, what, [](const nlmsghdr&) {}));
  (void)is_consistent;  // only dumps can be otherwise
  return {};
}

Result<void> Netlink::query(Request& request, const std::string& what,
                            const std::function<void(const nlmsghdr&)>& take) {
  bool is_dump = (request.message()->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
  if (!is_dump) {
    request.message()->nlmsg_flags |= NLM_F_ACK;  // marks the end of the answer
    SKEIN_TRY_ASSIGN(bool is_consistent, exchange(request, what, take));
    (void)is_consistent;
    return {};
  }
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    std::vector<std::vector<char>> messages;  // kept until the dump turns out to be consistent
    SKEIN_TRY_ASSIGN(bool is_consistent, exchange(request, what, [&](const nlmsghdr& message) {
                       const char* begin = reinterpret_cast<const char*>(&message);
                       messages.emplace_back(begin, begin + message.nlmsg_len);
                     }));
    if (!is_consistent) continue;
    for (const auto& message : messages) take(*reinterpret_cast<const nlmsghdr*>(message.data()));
    return {};
  }
  return make_error(Code::kUnavailable, what, "the kernel's table changes faster than it can be read");
}

Netlink::Netlink(Fd fd) : fd_(std::move(fd)), buffer_(std::make_unique_for_overwrite<char[]>(kReceiveSizeBytes)) {}

Result<void> Netlink::receive(const std::string& what, uint32_t first,
                              const std::function<void(const nlmsghdr&)>& take) {
  ssize_t received;
  do received = recv(fd_.get(), buffer_.get(), kReceiveSizeBytes, MSG_TRUNC);
  while (received < 0 && errno == EINTR);
  if (received < 0) return errno_error(what, errno);
  if (static_cast<size_t>(received) > kReceiveSizeBytes) return errno_error(what, EMSGSIZE);
  int rest = static_cast<int>(received);
  for (auto* part = reinterpret_cast<const nlmsghdr*>(buffer_.get()); mnl_nlmsg_ok(part, rest);
       part = mnl_nlmsg_next(part, &rest))
    if (part->nlmsg_seq - first <= sequence_ - first) take(*part);  // or the rest of an exchange that was given up
  return {};
}

// True if the answer is consistent in itself.
Result<bool> Netlink::exchange(Request& request, const std::string& what,
                               const std::function<void(const nlmsghdr&)>& take) {
  nlmsghdr* message = request.message();
  message->nlmsg_seq = ++sequence_;
  if (send(fd_.get(), message, message->nlmsg_len, 0) < 0) return errno_error(what, errno);

  bool is_consistent = true;
  Step now;
  while (!now.is_last)
    SKEIN_TRY(receive(what, sequence_, [&](const nlmsghdr& part) {
      if (now.is_last) return;
      if (part.nlmsg_flags & NLM_F_DUMP_INTR) is_consistent = false;
      now = step(part, what);
      if (!now.is_last) take(part);
    }));
  if (now.error) return *std::move(now.error);
  return is_consistent;
}

Result<void> Netlink::execute_all(std::vector<Order>& orders) {
  SKEIN_ASSERT(orders.size() <= kOrdersMax);
  if (orders.empty()) return {};
  const uint32_t first = sequence_ + 1;
  std::string bytes;
  for (Order& order : orders) {
    nlmsghdr* message = order.request.message();
    message->nlmsg_flags |= NLM_F_ACK;
    message->nlmsg_seq = ++sequence_;
    bytes.append(reinterpret_cast<const char*>(message), message->nlmsg_len);
    bytes.resize(NLMSG_ALIGN(bytes.size()));
  }
  if (send(fd_.get(), bytes.data(), bytes.size(), 0) < 0) return errno_error(orders.front().what, errno);

  std::optional<Error> failed;
  for (size_t answered = 0; answered < orders.size();)
    SKEIN_TRY(receive(orders[answered].what, first, [&](const nlmsghdr& part) {
      Step now = step(part, orders[part.nlmsg_seq - first].what);
      if (!now.is_last) return;
      ++answered;
      if (now.error && !failed) failed = std::move(now.error);
    }));
  if (failed) return *std::move(failed);
  return {};
}

}  // namespace skein::kernel::net
