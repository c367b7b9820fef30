#include "core/link/dial.hpp"

#include <algorithm>

namespace sfu::link {

Dial::Dial(Random& random, const std::string& ufrag, const ice::Parameters& remote,
           const std::vector<Path>& paths, Duration consent_timeout)
    : consent_timeout_(consent_timeout) {
  for (const Path& path : paths) paths_.push_back({path, ice::Client(random, remote, {.ufrag = ufrag})});
}

void Dial::restart(const ice::Parameters& remote) {
  for (Checked& each : paths_) each.client.restart(remote);
}

bool Dial::receive(const stun::Message& answer, const Path& from, Time now) {
  const auto checked = std::ranges::find(paths_, from, &Checked::path);
  if (checked == paths_.end() || !checked->client.receive(answer, now)) return false;
  if (!checked->client.nominated()) return true;
  state_ = ice::State::kCompleted;
  if (!selected_) selected_ = static_cast<size_t>(checked - paths_.begin());
  // One path is enough: the others are not asked any more.
  for (Checked& other : paths_)
    if (&other != &paths_[*selected_]) other.client.stop();
  return true;
}

Time Dial::consent_ends() const {
  if (!selected_ || consent_timeout_ == 0s || state_ != ice::State::kCompleted) return kNever;
  return paths_[*selected_].client.consented() + consent_timeout_;
}

Time Dial::deadline() const {
  Time next = consent_ends();
  for (const Checked& each : paths_) next = std::min(next, each.client.deadline());
  return next;
}

void Dial::wake(Turn& turn) {
  for (Checked& each : paths_) {
    const MutableBytes slot = turn.outbox.slot(Outbox::kMaxDatagram);
    if (const size_t size = each.client.wake(turn.now, slot)) turn.outbox.commit(each.path, size);
  }
  if (consent_ends() > turn.now) return;
  selected_.reset();
  state_ = ice::State::kDisconnected;
}

}  // namespace sfu::link
