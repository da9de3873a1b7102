#include "esp/socket_sender.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace skein::esp {
namespace {

// One message to the kernel, with all that it points to.
struct KernelMessage {
  sockaddr_in target{};
  iovec bytes{};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(uint16_t))];
};

void fill(mmsghdr& header, KernelMessage& kernel, const SendBatch::Message& message, uint8_t* bytes, uint16_t port) {
  header = {};
  kernel.target.sin_family = AF_INET;
  kernel.target.sin_port = htons(port);
  kernel.target.sin_addr.s_addr = htonl(message.target.value);
  kernel.bytes = {bytes, message.bytes};
  msghdr& out = header.msg_hdr;
  out.msg_name = &kernel.target;
  out.msg_namelen = sizeof kernel.target;
  out.msg_iov = &kernel.bytes;
  out.msg_iovlen = 1;
  if (message.segments < 2) return;
  out.msg_control = kernel.control;
  out.msg_controllen = sizeof kernel.control;
  cmsghdr* control = CMSG_FIRSTHDR(&out);
  control->cmsg_level = IPPROTO_UDP;
  control->cmsg_type = UDP_SEGMENT;
  control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
  std::memcpy(CMSG_DATA(control), &message.segment_bytes, sizeof(uint16_t));
}

Drop reason_of(int error) {
  switch (error) {
    case EMSGSIZE: return Drop::kPathMtu;
    case EAGAIN:
    case ENOBUFS: return Drop::kSendQueueFull;
    default: return Drop::kSendFailed;
  }
}

// Left by an ICMP message about an earlier packet, taken off the socket by being told.
bool is_of_earlier_packet(int error) {
  return error == ECONNREFUSED || error == ENOPROTOOPT || error == EHOSTUNREACH || error == EPROTO;
}

}  // namespace

void SocketSender::send(SendBatch& batch) {
  const auto messages = batch.messages();
  for (size_t from = 0; from < messages.size();) {
    size_t to = from + 1;
    while (to < messages.size() && messages[to].form == messages[from].form) ++to;
    send_run(batch, from, to, messages[from].form == Form::kUdp ? udp_ : raw_);
    from = to;
  }
  batch.clear();
}

void SocketSender::send_run(SendBatch& batch, size_t from, size_t to, int fd) {
  static thread_local std::array<mmsghdr, SendBatch::kMessagesMax> headers;
  static thread_local std::array<KernelMessage, SendBatch::kMessagesMax> kernel_messages;
  const auto messages = batch.messages();
  const uint16_t port = messages[from].form == Form::kUdp ? batch.udp_port() : 0;
  for (size_t i = from; i < to; ++i)
    fill(headers[i], kernel_messages[i], messages[i], batch.bytes_of(messages[i]), port);
  bool is_retry = false;
  while (from < to) {
    const int sent = sendmmsg(fd, &headers[from], static_cast<unsigned>(to - from), 0);
    if (sent > 0) {
      from += static_cast<size_t>(sent);
      is_retry = false;
      continue;
    }
    const int error = errno;
    if (error == EINTR) continue;
    if (!is_retry && is_of_earlier_packet(error)) {
      is_retry = true;
      continue;
    }
    is_retry = false;
    const Drop reason = reason_of(error);
    do drops_.add(reason, messages[from++].segments);
    while (reason == Drop::kSendQueueFull && from < to);
  }
}

}  // namespace skein::esp
