// Who of several speaks: the global decision of Volfin and Cohen (see speech_activity.hpp), made once in a
// while. The dominant speaker stays so until somebody else outspeaks it, through any silence. Nobody is
// dominant at first, nor after the dominant speaker left, until somebody speaks; who is alone has to speak,
// too.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/flat_map.hpp"
#include "core/router/speech_activity.hpp"

namespace sfu {

class DominantSpeaker {
 public:
  void add(uint32_t producer) { speakers_[producer]; }
  void remove(uint32_t producer);
  bool hears(uint32_t producer) const { return speakers_.contains(producer); }
  bool has_work() const { return !speakers_.empty(); }

  // Of a producer that was not added: nothing.
  void on_level(uint32_t producer, uint8_t level, Time now);
  // The dominant speaker, if it is another one from now on.
  std::optional<uint32_t> decide(Time now);

 private:
  FlatMap<uint32_t, SpeechActivity> speakers_;
  std::optional<uint32_t> dominant_;
};

}  // namespace sfu
