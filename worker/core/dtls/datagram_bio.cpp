#include "core/dtls/datagram_bio.hpp"

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"

namespace sfu::dtls {
namespace {

DatagramIo& io_of(BIO* bio) { return *static_cast<DatagramIo*>(BIO_get_data(bio)); }

int write_datagram(BIO* bio, const char* data, int size) {
  push_bounded(io_of(bio).output, {reinterpret_cast<const uint8_t*>(data), static_cast<size_t>(size)});
  return size;
}

int read_datagram(BIO* bio, char* out, int size) {
  BIO_clear_retry_flags(bio);
  const Bytes input = std::exchange(io_of(bio).input, {});
  if (input.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const size_t count = std::min(input.size(), static_cast<size_t>(size));
  std::memcpy(out, input.data(), count);
  return static_cast<int>(count);
}

long control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT ? 1 : 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
  CHECK(method && BIO_meth_set_write(method, write_datagram) == 1);
  CHECK(BIO_meth_set_read(method, read_datagram) == 1 && BIO_meth_set_ctrl(method, control) == 1);
  return method;
}

}  // namespace

BioPtr make_bio(DatagramIo& io) {
  static BIO_METHOD* const method = make_method();
  BioPtr bio(BIO_new(method));
  CHECK(bio);
  BIO_set_data(bio.get(), &io);
  BIO_set_init(bio.get(), 1);
  return bio;
}

void push_bounded(Datagrams& datagrams, Bytes datagram) {
  if (datagrams.size() < kMaxQueue) datagrams.emplace_back(datagram.begin(), datagram.end());
}

}  // namespace sfu::dtls
