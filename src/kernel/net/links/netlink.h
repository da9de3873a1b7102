// One rtnetlink socket: requests that the kernel acknowledges, and dumps. Built on libmnl.
//
// A socket belongs to the network namespace in which it was opened, wherever its user goes afterwards. One thread.
#pragma once

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "kernel/net/links/namespace.h"

namespace skein::kernel::net {

// A request under construction: header, family header, attributes. Our own requests are far smaller than the buffer.
class Request {
 public:
  Request(uint16_t type, uint16_t flags);

  // Appends a zeroed family header (ifinfomsg, ifaddrmsg, rtmsg, ndmsg …); only before attributes.
  template <class Header>
  Header& header() {
    return *static_cast<Header*>(mnl_nlmsg_put_extra_header(message(), sizeof(Header)));
  }
  Request& put_u8(uint16_t type, uint8_t value);
  Request& put_u32(uint16_t type, uint32_t value);
  Request& put_text(uint16_t type, const std::string& text);  // with its terminating zero
  Request& put_address(uint16_t type, Ipv4 address);
  Request& put_address(uint16_t type, const Ipv6& address);
  Request& put_mac(uint16_t type, const Mac& mac);
  Request& put_bytes(uint16_t type, const void* bytes, size_t size_bytes);
  // Everything that `fill` appends is nested in an attribute of this type.
  Request& nest(uint16_t type, const std::function<void()>& fill);

  nlmsghdr* message() { return reinterpret_cast<nlmsghdr*>(buffer_.data()); }

 private:
  static constexpr size_t kSizeBytes = 2048;
  alignas(nlmsghdr) std::array<char, kSizeBytes> buffer_{};
};

// What is asked for, and how to call it in an error.
struct Order {
  Request request;
  std::string what;
};

class Netlink {
 public:
  // In the caller's network namespace. `protocol` is NETLINK_ROUTE or NETLINK_NETFILTER.
  static Result<Netlink> open(int protocol = NETLINK_ROUTE);
  // In the namespace of that path.
  static Result<Netlink> open_in(const std::string& namespace_path);

  // Sends and waits for the acknowledgement. Errors have the kernel's errno as a Code (ENOENT, ENODEV, ESRCH →
  // kNotFound, EEXIST → kAlreadyExists, EPERM → kPermissionDenied, EBUSY → kUnavailable …) and its own words where it
  // has some.
  Result<void> execute(Request& request, const std::string& what);

  // The same of several requests, sent together, so that they wait for the kernel's lock of all devices about once. The
  // kernel tries all of them, in their order, also after one that fails; the first failure is told. At most kOrdersMax.
  static constexpr size_t kOrdersMax = 8;
  Result<void> execute_all(std::vector<Order>& orders);

  // Sends and hands every message of the answer to `take`. A dump that the kernel declares inconsistent because of a
  // concurrent change is repeated, at most a few times.
  Result<void> query(Request& request, const std::string& what, const std::function<void(const nlmsghdr&)>& take);

  // Of the namespace, for requests that are none of netlink.
  int fd() const { return fd_.get(); }

 private:
  explicit Netlink(Fd fd);
  Result<bool> exchange(Request& request, const std::string& what, const std::function<void(const nlmsghdr&)>& take);
  // Hands over the messages of one datagram that answer requests from `first` on.
  Result<void> receive(const std::string& what, uint32_t first, const std::function<void(const nlmsghdr&)>& take);

  Fd fd_;
  std::unique_ptr<char[]> buffer_;  // what was received
  uint32_t sequence_ = 0;
};

// Attributes of a message of the kernel, by type; absent ones are null. `kMax` bounds the types that are kept.
template <size_t kMax>
class Attributes {
 public:
  Attributes(const nlmsghdr& message, size_t header_size_bytes) {
    const void* end = mnl_nlmsg_get_payload_tail(&message);
    const auto* at = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(&message, header_size_bytes));
    keep_all(at, static_cast<const char*>(end) - reinterpret_cast<const char*>(at));
  }
  explicit Attributes(const nlattr* parent) {
    if (parent) keep_all(static_cast<const nlattr*>(mnl_attr_get_payload(parent)), mnl_attr_get_payload_len(parent));
  }
  const nlattr* operator[](size_t type) const { return type <= kMax ? found_[type] : nullptr; }

  uint32_t u32(size_t type, uint32_t otherwise = 0) const {
    return fits(type, sizeof(uint32_t)) ? mnl_attr_get_u32(found_[type]) : otherwise;
  }
  Ipv4 address(size_t type) const {
    return fits(type, sizeof(uint32_t)) ? Ipv4{be32toh(mnl_attr_get_u32(found_[type]))} : Ipv4{};
  }
  Mac mac(size_t type) const;
  std::string text(size_t type) const {
    const nlattr* attribute = (*this)[type];
    if (!attribute) return {};
    const char* begin = static_cast<const char*>(mnl_attr_get_payload(attribute));
    return std::string(begin, strnlen(begin, mnl_attr_get_payload_len(attribute)));
  }

 private:
  bool fits(size_t type, size_t size_bytes) const {
    return (*this)[type] && mnl_attr_get_payload_len(found_[type]) >= size_bytes;
  }
  void keep_all(const nlattr* at, ptrdiff_t size_bytes) {
    const char* end = reinterpret_cast<const char*>(at) + size_bytes;
    while (mnl_attr_ok(at, static_cast<int>(end - reinterpret_cast<const char*>(at)))) {
      if (size_t type = mnl_attr_get_type(at); type <= kMax) found_[type] = at;
      at = mnl_attr_next(at);
    }
  }
  std::array<const nlattr*, kMax + 1> found_{};
};

template <size_t kMax>
Mac Attributes<kMax>::mac(size_t type) const {
  Mac mac;
  if (fits(type, mac.octets.size()) && mnl_attr_get_payload_len(found_[type]) == mac.octets.size()) {
    const auto* octets = static_cast<const uint8_t*>(mnl_attr_get_payload(found_[type]));
    for (size_t i = 0; i < mac.octets.size(); ++i) mac.octets[i] = octets[i];
  }
  return mac;
}

}  // namespace skein::kernel::net
