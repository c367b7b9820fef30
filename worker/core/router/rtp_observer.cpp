#include "core/router/rtp_observer.hpp"

#include <algorithm>
#include <utility>

namespace sfu {
namespace {

Duration audio_level_interval(uint32_t milliseconds) {
  return std::chrono::milliseconds(std::clamp(milliseconds, 250u, 5000u));
}
Duration active_speaker_interval(uint32_t milliseconds) {
  return std::chrono::milliseconds(std::clamp(milliseconds, 100u, 5000u));
}

}  // namespace

RtpObserver::RtpObserver(const channel::CreateAudioLevelObserver& request, Deadlines& deadlines)
    : handle_(request.observer),
      interval_(audio_level_interval(request.interval)),
      heard_(AudioLevels({request.max_entries, request.threshold, interval_})),
      deadlines_(deadlines) {}

RtpObserver::RtpObserver(const channel::CreateActiveSpeakerObserver& request, Deadlines& deadlines)
    : handle_(request.observer),
      interval_(active_speaker_interval(request.interval)),
      heard_(DominantSpeaker()),
      deadlines_(deadlines) {}

// The first level that is heard starts the interval.
void RtpObserver::add(uint32_t producer) {
  std::visit([&](auto& heard) { heard.add(producer); }, heard_);
}

void RtpObserver::remove(uint32_t producer) {
  std::visit([&](auto& heard) { heard.remove(producer); }, heard_);
  if (!has_work()) deadlines_.remove(*this);
}

bool RtpObserver::hears(uint32_t producer) const {
  return std::visit([&](const auto& heard) { return heard.hears(producer); }, heard_);
}

bool RtpObserver::has_work() const {
  return std::visit([](const auto& heard) { return heard.has_work(); }, heard_);
}

void RtpObserver::pause() {
  paused_ = true;
  deadlines_.remove(*this);
}

void RtpObserver::resume(Time now) {
  if (!std::exchange(paused_, false) || !has_work()) return;
  if (auto* levels = std::get_if<AudioLevels>(&heard_)) levels->restart_interval();
  deadlines_.set(*this, now + interval_);
}

void RtpObserver::on_level(uint32_t producer, uint8_t level, Time now) {
  if (paused_) return;
  if (auto* levels = std::get_if<AudioLevels>(&heard_)) levels->on_level(producer, level);
  if (auto* speaker = std::get_if<DominantSpeaker>(&heard_)) speaker->on_level(producer, level, now);
  if (at == kNever && has_work()) deadlines_.set(*this, now + interval_);
}

void RtpObserver::wake(Turn& turn) {
  std::visit([&](auto& heard) { tell(heard, turn); }, heard_);
  deadlines_.set(*this, has_work() ? turn.now + interval_ : kNever);
}

void RtpObserver::tell(AudioLevels& levels, Turn& turn) {
  if (auto volumes = levels.end_interval()) turn.tell(handle_, *std::move(volumes));
}

void RtpObserver::tell(DominantSpeaker& speaker, Turn& turn) {
  if (const auto producer = speaker.decide(turn.now)) turn.tell(handle_, channel::DominantSpeaker{*producer});
}

}  // namespace sfu
