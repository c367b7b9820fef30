// Where OpenSSL reads and writes datagrams instead of a socket: one input at a time, and what it writes is
// kept, one write a datagram, up to a bound.
#pragma once

#include <vector>

#include "core/base/bytes.hpp"
#include "core/dtls/openssl.hpp"

namespace sfu::dtls {

// The largest datagram we send: fits every path that WebRTC meets.
inline constexpr size_t kMtu = 1200;
// Datagrams waiting for whoever drains them; more are lost, as on any network.
inline constexpr size_t kMaxQueue = 64;

using Datagrams = std::vector<std::vector<uint8_t>>;

struct DatagramIo {
  Bytes input;
  Datagrams output;
};

// `io` must stay where it is as long as the BIO.
BioPtr make_bio(DatagramIo& io);

void push_bounded(Datagrams& datagrams, Bytes datagram);

}  // namespace sfu::dtls
