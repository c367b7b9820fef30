// Runs scenarios of congestion control and writes what came of them, for scripts/sim-bwe.mjs.
//
//   sim_bwe              their names, one a line, the longest to run first
//   sim_bwe NAME FILE    runs one, and writes there what came of it, as JSON
#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "sim/bwe/json.hpp"
#include "sim/bwe/measure.hpp"
#include "sim/bwe/stage.hpp"

namespace {

using namespace sfu::sim;

// The time that one takes goes with what it carries.
double effort(const Scenario& scenario) {
  return sfu::seconds(scenario.length) * static_cast<double>(scenario.receivers.size());
}

int list() {
  std::vector<Scenario> all = scenarios();
  std::ranges::stable_sort(all, std::greater(), effort);
  for (const Scenario& scenario : all) std::printf("%s\n", scenario.name.c_str());
  return 0;
}

int write(const Scenario& scenario, const char* path) {
  const Recording recording = run(scenario);
  const std::string text = to_json(scenario, recording, measure(scenario, recording)) + '\n';
  std::FILE* const file = std::fopen(path, "w");
  const bool written = file && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (file && std::fclose(file) == 0 && written) return 0;
  std::fprintf(stderr, "sim_bwe: %s cannot be written\n", path);
  return 1;
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return list();
  for (const Scenario& scenario : scenarios())
    if (scenario.name == words[1]) return write(scenario, words[2]);
  std::fprintf(stderr, "sim_bwe: there is no scenario '%s'\n", words[1]);
  return 1;
}
