// The worker as a process of its own.
#include "host/host.hpp"
#include "host/process.hpp"

int main(int argc, char** argv) {
  const auto [runs, status] = sfu::host::prepare_process("consomme-worker", argc, argv);
  return runs ? sfu::host::Host(sfu::host::kChannelDescriptor).run() : status;
}
