#include "esp/worker_thread.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace skein::esp {
namespace {

constexpr size_t kTapReadBytes = kVnetBytes + kOuterBytes + kEthernetBytes + 65535;
constexpr size_t kDatagramsMax = 8;         // of one recvmmsg(2)
constexpr size_t kReceiveBytes = 65536;     // of one; UDP_GRO makes none longer than an IP packet
constexpr int kReadsMax = 32;               // of one device before the others have their turn
constexpr size_t kSendAtBytes = 16 * 1024;  // what waits for more frames; a long train goes at once

}  // namespace

struct WorkerThread::Buffers {
  std::array<uint8_t, kTapReadBytes> tap;
  std::array<std::array<uint8_t, kReceiveBytes>, kDatagramsMax> datagrams;
  std::array<mmsghdr, kDatagramsMax> headers;
  std::array<iovec, kDatagramsMax> pieces;
  std::array<sockaddr_in, kDatagramsMax> sources;
  struct Control {
    alignas(cmsghdr) char bytes[CMSG_SPACE(sizeof(int))];
  };
  std::array<Control, kDatagramsMax> controls;

  void prepare() {
    for (size_t i = 0; i < kDatagramsMax; ++i) {
      pieces[i] = {datagrams[i].data(), kReceiveBytes};
      headers[i] = {};
      headers[i].msg_hdr.msg_name = &sources[i];
      headers[i].msg_hdr.msg_iov = &pieces[i];
      headers[i].msg_hdr.msg_iovlen = 1;
      headers[i].msg_hdr.msg_control = &controls[i];
    }
  }
  // How many came.
  size_t receive(int fd) {
    for (mmsghdr& header : headers) {
      header.msg_hdr.msg_namelen = sizeof(sockaddr_in);
      header.msg_hdr.msg_controllen = sizeof(Control);
    }
    const int got = recvmmsg(fd, headers.data(), kDatagramsMax, 0, nullptr);
    return got < 0 ? 0 : static_cast<size_t>(got);
  }
  std::span<uint8_t> bytes_of(size_t index) { return {datagrams[index].data(), headers[index].msg_len}; }
  bool is_cut(size_t index) const { return (headers[index].msg_hdr.msg_flags & MSG_TRUNC) != 0; }
  // The whole if the kernel joined nothing.
  size_t segment_bytes_of(size_t index) {
    for (cmsghdr* control = CMSG_FIRSTHDR(&headers[index].msg_hdr); control;
         control = CMSG_NXTHDR(&headers[index].msg_hdr, control)) {
      if (control->cmsg_level != IPPROTO_UDP || control->cmsg_type != UDP_GRO) continue;
      int bytes = 0;
      std::memcpy(&bytes, CMSG_DATA(control), sizeof bytes);
      if (bytes > 0) return static_cast<size_t>(bytes);
    }
    return headers[index].msg_len;
  }
};

class WorkerThread::TapWriter final : public FrameSink {
 public:
  TapWriter(int tap, DropCounts& drops) : tap_(tap), drops_(drops) {}
  void write(std::span<const iovec> pieces, size_t frames) override {
    if (writev(tap_, pieces.data(), static_cast<int>(pieces.size())) < 0) drops_.add(Drop::kTapWriteFailed, frames);
  }

 private:
  int tap_;
  DropCounts& drops_;
};

WorkerThread::WorkerThread(unsigned index, ThreadDevices devices, uint16_t udp_port,
                           std::shared_ptr<const Tables> tables, DropCounts& drops)
    : index_(index),
      devices_(std::move(devices)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      drops_(drops),
      buffers_(make_in_pages<Buffers>()),
      writer_(std::make_unique<TapWriter>(devices_.tap.get(), drops)),
      joiner_(*writer_),
      batch_(udp_port),
      sender_(devices_.udp.get(), devices_.raw.get(), drops),
      tables_(std::move(tables)) {
  SKEIN_ASSERT(wake_ && epoll_);
  buffers_->prepare();
  for (int fd : {wake_.get(), devices_.tap.get(), devices_.udp.get(), devices_.raw.get()}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    SKEIN_ASSERT(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
  }
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), ("esp-" + std::to_string(index)).c_str());
}

WorkerThread::~WorkerThread() {
  {
    std::scoped_lock lock(mutex_);
    must_stop_ = true;
  }
  eventfd_write(wake_.get(), 1);
  thread_.join();
}

void WorkerThread::take(std::shared_ptr<const Tables> tables) {
  std::unique_lock lock(mutex_);
  next_ = std::move(tables);
  has_next_ = true;
  eventfd_write(wake_.get(), 1);
  taken_.wait(lock, [this] { return !has_next_; });
}

void WorkerThread::run() {
  std::array<epoll_event, 4> events;
  for (;;) {
    const int count = epoll_wait(epoll_.get(), events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == devices_.tap.get())
        read_tap();
      else if (fd == devices_.udp.get())
        read_udp();
      else if (fd == devices_.raw.get())
        read_raw();
      else
        look_for_news();
    }
    if (is_over_) return;
  }
}

void WorkerThread::look_for_news() {
  eventfd_t wakes;
  eventfd_read(wake_.get(), &wakes);
  std::unique_lock lock(mutex_);
  is_over_ = must_stop_;
  if (!has_next_) return;
  auto before = std::exchange(tables_, std::move(next_));
  next_ = nullptr;
  before = nullptr;  // keys that are not wanted are wiped here
  has_next_ = false;
  taken_.notify_one();
}

void WorkerThread::read_tap() {
  for (int reads = 0; reads < kReadsMax; ++reads) {
    const ssize_t got = read(devices_.tap.get(), buffers_->tap.data(), buffers_->tap.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      // A device that was removed would wake us for ever.
      if (errno != EAGAIN) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, devices_.tap.get(), nullptr);
      break;
    }
    send_tap_frame(*tables_, {buffers_->tap.data(), static_cast<size_t>(got)}, {index_, batch_, sender_, drops_});
    if (batch_.used_bytes() >= kSendAtBytes) sender_.send(batch_);
  }
  if (!batch_.is_empty()) sender_.send(batch_);
}

void WorkerThread::read_udp() {
  for (int reads = 0; reads < kReadsMax; ++reads) {
    const size_t got = buffers_->receive(devices_.udp.get());
    for (size_t i = 0; i < got; ++i) {
      if (buffers_->is_cut(i)) {
        drops_.add(Drop::kReceiveTooLong);
        continue;
      }
      const Ipv4 source{ntohl(buffers_->sources[i].sin_addr.s_addr)};
      receive_udp(*tables_, source, buffers_->bytes_of(i), buffers_->segment_bytes_of(i), {index_, joiner_, drops_});
    }
    joiner_.flush();
    if (got < kDatagramsMax) return;
  }
}

void WorkerThread::read_raw() {
  for (int reads = 0; reads < kReadsMax; ++reads) {
    const size_t got = buffers_->receive(devices_.raw.get());
    for (size_t i = 0; i < got; ++i) {
      if (buffers_->is_cut(i))
        drops_.add(Drop::kReceiveTooLong);
      else
        receive_raw(*tables_, buffers_->bytes_of(i), {index_, joiner_, drops_});
    }
    joiner_.flush();
    if (got < kDatagramsMax) return;
  }
}

}  // namespace skein::esp
