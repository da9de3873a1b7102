#include "io/child/descriptors.h"

#include <sys/socket.h>

#include <array>
#include <cstring>

#include "base/result.h"

namespace skein::io {

bool send_descriptors(int socket, std::span<const int> descriptors, int flags) {
  SKEIN_ASSERT(!descriptors.empty() && descriptors.size() <= kDescriptorsMax);
  char byte = 0;
  iovec piece{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(kDescriptorsMax * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
  std::memcpy(CMSG_DATA(head), descriptors.data(), descriptors.size() * sizeof(int));
  return ::sendmsg(socket, &message, MSG_NOSIGNAL | flags) == 1;
}

ReceivedDescriptors receive_descriptors(int socket, int flags) {
  char byte = 0;
  iovec piece{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(kDescriptorsMax * sizeof(int))];
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ReceivedDescriptors out;
  out.size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
  const cmsghdr* head = out.size > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (head == nullptr || head->cmsg_type != SCM_RIGHTS) return out;
  std::array<int, kDescriptorsMax> fds{};
  const size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  std::memcpy(fds.data(), CMSG_DATA(head), count * sizeof(int));
  for (size_t at = 0; at < count; ++at) out.descriptors.emplace_back(fds[at]);
  return out;
}

}  // namespace skein::io
