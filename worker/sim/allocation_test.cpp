// Forwarding allocates nothing: counted by the address sanitizer, which sees every allocation of the process.
#if defined(__SANITIZE_ADDRESS__)
#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "sim/call.hpp"

// Of sanitizer/allocator_interface.h, which not every compiler's package brings.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*, size_t),
                                                         void (*on_free)(const volatile void*));

namespace sfu::sim {
namespace {

bool counts = false;
size_t allocations = 0;

void on_malloc(const volatile void*, size_t) { allocations += counts ? 1 : 0; }
void on_free(const volatile void*) {}

// The only hooks of this program, and they stay.
void install() {
  static const bool installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) != 0;
  REQUIRE(installed);
}

// Of the core, while alice's video goes to so many for two seconds, once all has found its size. What is done
// once a second, whatever comes, is left out: reports of our own, which are made as they are due.
size_t allocations_of(size_t viewers, bool reports) {
  install();
  Call call;
  Peer alice(call.world, call.router, {.reports = reports, .keep_packets = false});
  REQUIRE(alice.connect());
  const uint32_t source = alice.produce(video(200));
  std::vector<std::unique_ptr<Peer>> audience;
  for (size_t i = 0; i < viewers; ++i) {
    audience.push_back(std::make_unique<Peer>(call.world, call.router,
                                              Peer::Options{.reports = reports, .keep_packets = false}));
    REQUIRE(audience.back()->connect());
    audience.back()->consume(source, true);
  }
  // The histories of 2,000 packets must have been filled.
  call.send(alice, 200, 25s);
  call.world.on_work = [](bool begins) { counts = begins; };
  allocations = 0;
  call.send(alice, 200, 2s);
  call.world.on_work = [](bool) {};
  return allocations;
}

}  // namespace

TEST_CASE("a packet is forwarded to any number of receivers without an allocation") {
  CHECK(allocations_of(20, false) == 0);
}

TEST_CASE("nor for what the receivers report, their feedback, and the pacer") {
  CHECK(allocations_of(20, true) == 0);
}

}  // namespace sfu::sim
#endif
