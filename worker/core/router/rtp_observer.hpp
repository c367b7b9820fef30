// Listens to the levels of some producers and tells the controller what it hears: how loud the loudest are,
// or who speaks. One that is paused, or hears nobody, has nothing due.
#pragma once

#include <cstdint>
#include <variant>

#include "core/base/deadlines.hpp"
#include "core/link/turn.hpp"
#include "core/router/audio_levels.hpp"
#include "core/router/dominant_speaker.hpp"

namespace sfu {

class RtpObserver : public Deadlines::Entry {
 public:
  // An interval out of its range is moved to the range's end.
  RtpObserver(const channel::CreateAudioLevelObserver& request, Deadlines& deadlines);
  RtpObserver(const channel::CreateActiveSpeakerObserver& request, Deadlines& deadlines);
  RtpObserver(const RtpObserver&) = delete;
  RtpObserver& operator=(const RtpObserver&) = delete;
  ~RtpObserver() { deadlines_.remove(*this); }

  uint32_t handle() const { return handle_; }

  void add(uint32_t producer);
  void remove(uint32_t producer);
  bool hears(uint32_t producer) const;

  void pause();
  void resume(Time now);
  bool paused() const { return paused_; }

  // The level of one packet as in RFC 6464: -dBov, 0 the loudest, 127 silent.
  void on_level(uint32_t producer, uint8_t level, Time now);
  void wake(Turn& turn);

 private:
  bool has_work() const;
  void tell(AudioLevels& levels, Turn& turn);
  void tell(DominantSpeaker& speaker, Turn& turn);

  uint32_t handle_;
  Duration interval_;
  std::variant<AudioLevels, DominantSpeaker> heard_;
  Deadlines& deadlines_;
  bool paused_ = false;
};

}  // namespace sfu
