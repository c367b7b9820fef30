// What transports and consumers take of the heap: how much more of it is in use after making many of them.
// glibc only, which tells.
#pragma once

#include <cstddef>

namespace sfu::bench {

struct Memory {
  size_t transports = 0;       // how many were made
  double transport_new = 0;    // bytes of each, before any datagram came
  double transport_ready = 0;  // connected, with DTLS association and SRTP keys
  double openssl = 0;          // of that, what OpenSSL holds
  size_t consumers = 0;
  double consumer_new = 0;
  double consumer_flowing = 0;  // after a packet went through each, with what its transport queues it in
  size_t sizeof_transport = 0;
  size_t sizeof_consumer = 0;
  size_t sizeof_packet = 0;  // a slot, held by the producer's history for all consumers
};

// Before anything uses OpenSSL: what it allocates is counted apart from now on.
void count_openssl();
Memory measure_memory();

}  // namespace sfu::bench
