// A scenario, its figures and its curves, as JSON. Rates in kbit/s, times in ms; null: there was nothing.
#pragma once

#include <string>

#include "sim/bwe/measure.hpp"

namespace sfu::sim {

std::string to_json(const Scenario& scenario, const Recording& recording, const Figures& figures);

}  // namespace sfu::sim
