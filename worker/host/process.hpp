// A program that runs a host as a process of its own: the channel is file descriptor 3, a stream that the
// parent made.
#pragma once

namespace sfu::host {

inline constexpr int kChannelDescriptor = 3;

// Prepares the process. What main() is to return, when it is not to run a host: it was asked for the version,
// or started by hand.
struct Prepared {
  bool runs = false;
  int status = 0;
};
Prepared prepare_process(const char* name, int argc, char** argv);

}  // namespace sfu::host
