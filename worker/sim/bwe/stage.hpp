// Runs a scenario: a whole call of the core's with ICE, DTLS and SRTP in earnest, and watches what its
// receivers get.
#pragma once

#include "sim/bwe/recording.hpp"
#include "sim/bwe/scenario.hpp"

namespace sfu::sim {

Recording run(const Scenario& scenario);

}  // namespace sfu::sim
