// CHECK guards our own invariants: a broken one ends the process with its place. Never used on input from
// the network or the controller, which is answered or dropped instead.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace sfu {

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "consomme worker: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace sfu

// In tests CHECK is doctest's, whichever of the two headers comes first.
#ifndef DOCTEST_LIBRARY_INCLUDED
#define CHECK(condition) \
  static_cast<void>((condition) || (::sfu::check_failed(#condition, __FILE__, __LINE__), false))
#endif
