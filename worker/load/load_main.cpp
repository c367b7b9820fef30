// The load generator as a process of its own: a worker with sources and sinks.
#include "host/process.hpp"
#include "load/load_host.hpp"

int main(int argc, char** argv) {
  const auto [runs, status] = sfu::host::prepare_process("consomme-load", argc, argv);
  return runs ? sfu::load::LoadHost(sfu::host::kChannelDescriptor).run() : status;
}
