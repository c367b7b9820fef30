// Runs scenarios of congestion control and writes what came of them, for scripts/sim-bwe.mjs.
//
//   sim_bwe             their names, one a line, with how many seconds each simulates
//   sim_bwe NAME        one of them, as JSON
#include <cstdio>
#include <string>
#include <string_view>

#include "sim/bwe/json.hpp"
#include "sim/bwe/measure.hpp"
#include "sim/bwe/stage.hpp"

namespace {

using namespace sfu::sim;

int list() {
  for (const Scenario& scenario : scenarios())
    std::printf("%s %lld\n", scenario.name.c_str(),
                static_cast<long long>(sfu::milliseconds(scenario.length) / 1000));
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return list();
  for (const Scenario& scenario : scenarios()) {
    if (scenario.name != words[1]) continue;
    const Recording recording = run(scenario);
    std::puts(to_json(scenario, recording, measure(scenario, recording)).c_str());
    return 0;
  }
  std::fprintf(stderr, "sim_bwe: there is no scenario '%s'\n", words[1]);
  return 1;
}
