#include "bench/memory.hpp"

#include <malloc.h>
#include <openssl/crypto.h>

#include <cstdlib>
#include <memory>
#include <vector>

#include "bench/client.hpp"
#include "bench/receivers.hpp"
#include "bench/source.hpp"

namespace sfu::bench {
namespace {

constexpr size_t kTransports = 100;
constexpr size_t kConsumersOfEach = 10;

size_t held_by_openssl = 0;

void* openssl_realloc(void* memory, size_t size, const char*, int) {
  held_by_openssl -= malloc_usable_size(memory);
  void* const moved = std::realloc(memory, size);
  held_by_openssl += malloc_usable_size(moved);
  return moved;
}
void* openssl_malloc(size_t size, const char* file, int line) {
  return openssl_realloc(nullptr, size, file, line);
}
void openssl_free(void* memory, const char*, int) {
  held_by_openssl -= malloc_usable_size(memory);
  std::free(memory);
}

class Growth {
 public:
  double of_each(size_t count) const { return (in_use() - before_) / static_cast<double>(count); }
  double of_openssl(size_t count) const {
    const auto growth = static_cast<int64_t>(held_by_openssl) - static_cast<int64_t>(openssl_before_);
    return static_cast<double>(growth) / static_cast<double>(count);
  }

 private:
  static double in_use() {
    const struct mallinfo2 info = mallinfo2();
    return static_cast<double>(info.uordblks + info.hblkhd);
  }
  double before_ = in_use();
  size_t openssl_before_ = held_by_openssl;
};

double new_transport(WorkerLoop& worker) {
  std::vector<uint32_t> made(kTransports);
  const Growth growth;
  for (uint32_t& transport : made) {
    transport = worker.new_handle();
    channel::CreateWebRtcTransport create{.router = worker.router(), .transport = transport};
    create.addresses.push_back({WorkerLoop::kSocket, channel::Protocol::kUdp, "127.0.0.1", 1});
    worker.ask(create);
  }
  const double each = growth.of_each(kTransports);
  for (const uint32_t transport : made) worker.ask(channel::CloseTransport{transport});
  return each;
}

}  // namespace

void count_openssl() { CHECK(CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1); }

Memory measure_memory() {
  WorkerLoop worker;
  const dtls::Context context(dtls::Certificate::generate());
  Receivers receivers(kTransports + 1);
  Memory memory{.transports = kTransports,
                .consumers = kTransports * kConsumersOfEach,
                .sizeof_transport = sizeof(Transport),
                .sizeof_consumer = sizeof(Consumer),
                .sizeof_packet = sizeof(rtp::Packet)};
  // The first of everything: what all share is made with it.
  Client publisher(worker, receivers.socket(kTransports), context);
  const uint32_t producer = publisher.produce();
  Source source(publisher.keys().profile, publisher.keys().send);
  new_transport(worker);
  memory.transport_new = new_transport(worker);

  std::vector<std::unique_ptr<Client>> clients(kTransports);
  const Growth clients_and_transports;
  for (size_t i = 0; i < kTransports; ++i)
    clients[i] = std::make_unique<Client>(worker, receivers.socket(i), context);
  const Growth clients_alone;
  memory.transport_ready = clients_and_transports.of_each(kTransports);
  memory.openssl = clients_and_transports.of_openssl(kTransports);

  std::vector<uint32_t> ssrcs;
  ssrcs.reserve(memory.consumers);
  const Growth consumers;
  for (const auto& client : clients)
    for (size_t i = 0; i < kConsumersOfEach; ++i) ssrcs.push_back(client->consume(producer));
  memory.consumer_new = consumers.of_each(memory.consumers);
  source.send_frame(receivers.socket(kTransports), worker.local(), Source::kContent, true);
  while (!receivers.have(memory.consumers)) worker.take_turn();
  memory.consumer_flowing = consumers.of_each(memory.consumers);

  // The clients' part was not the worker's.
  clients.clear();
  memory.transport_ready += clients_alone.of_each(kTransports) - memory.consumer_flowing * kConsumersOfEach;
  memory.openssl += clients_alone.of_openssl(kTransports);
  return memory;
}

}  // namespace sfu::bench
