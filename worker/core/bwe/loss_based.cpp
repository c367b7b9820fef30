#include "core/bwe/loss_based.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sfu::bwe {
namespace {

constexpr int kSteps = 7;           // limits that are tried, from the highest rate down
constexpr double kStep = 0.92;      // the one as a share of the one before
constexpr int kIterations = 5;      // of the fit of the inherent loss
constexpr double kMaxLoss = 0.999;  // keeps logarithms finite
constexpr double kMinLoss = 1e-4;
constexpr double kMargin = 0.92;  // of the limit: frames are not all of one size
constexpr int kFewPackets = 5;    // in a window
constexpr int64_t kLossWindows = 4;
constexpr int64_t kTrialWindows = 8;  // that a trial is held against
constexpr int64_t kReorderedWindows = 3;

double overflow(Bitrate rate, Bitrate limit) { return rate > limit ? 1 - limit / rate : 0; }

double loss_at(double inherent, double overflow) {
  return std::clamp(1 - (1 - inherent) * (1 - overflow), kMinLoss, kMaxLoss);
}

}  // namespace

void LossBased::on_received(Time sent, int64_t bytes, bool was_lost) {
  Window* window = this->window(sent);
  if (!window) return;
  if (was_lost) {
    window->lost = std::max(0, window->lost - 1);
    ++window->late;
  } else {
    ++window->packets;
    window->bytes += bytes;
  }
}

void LossBased::on_lost(Time sent, int64_t bytes) {
  Window* window = this->window(sent);
  if (!window) return;
  ++window->packets;
  ++window->lost;
  window->bytes += bytes;
}

// nullptr when it has passed.
LossBased::Window* LossBased::window(Time sent) {
  const int64_t number = sent.time_since_epoch() / kWindow;
  if (number < 0 || number <= newest_ - static_cast<int64_t>(kWindows)) return nullptr;
  if (newest_ >= 0 && number > newest_) completed_ = true;
  if (number - newest_ >= static_cast<int64_t>(kWindows)) {
    windows_ = {};
    newest_ = number;
  }
  while (newest_ < number) windows_[static_cast<size_t>(++newest_) % kWindows] = {};
  return &windows_[static_cast<size_t>(number) % kWindows];
}

// From the newest to the oldest, with its weight.
template <class Visit>
void LossBased::each_complete(Visit&& visit) const {
  double weight = 1;
  for (auto age = static_cast<size_t>(unsettled()); age < kWindows && static_cast<int64_t>(age) <= newest_;
       ++age, weight *= kFading) {
    const Window& window = windows_[(static_cast<size_t>(newest_) - age) % kWindows];
    if (window.packets > 0) visit(window, weight);
  }
}

// How many of the newest windows say nothing yet. Where packets are reordered by more than a feedback, what
// is called lost may still come.
int64_t LossBased::unsettled() const {
  const bool reorders = std::ranges::any_of(windows_, [](const Window& window) { return window.late > 0; });
  return reorders ? kReorderedWindows : 1;
}

std::optional<LossBased::Verdict> LossBased::take_verdict() {
  if (!std::exchange(completed_, false)) return std::nullopt;
  if (has_collapsed()) {
    forget_before(newest_ - 1);
    judge();
    return Verdict{.limit = std::nullopt, .collapsed = true, .trial = false};
  }
  const auto limit = judge();
  return Verdict{.limit = limit, .collapsed = false, .trial = !limit && calls_for_trial()};
}

bool LossBased::calls_for_trial() {
  if (inherent_ < kSuspicious) {
    trial_ = newest_ + kTrialWindows;
    trial_every_ = kTrialEvery;
    return false;
  }
  if (newest_ < trial_) return false;
  trial_ = newest_ + trial_every_;
  trial_every_ = std::min(trial_every_ * 2, kTrialSeldom);
  forget_before(newest_ - kTrialWindows);
  return true;
}

// The link has become another one, or may have.
void LossBased::forget_before(int64_t number) {
  const auto count = static_cast<int64_t>(kWindows);
  for (int64_t i = std::max<int64_t>(0, newest_ - count + 1); i < number; ++i)
    windows_[static_cast<size_t>(i) % kWindows] = {};
}

bool LossBased::has_collapsed() const {
  if (newest_ < 2) return false;
  for (const int64_t age : {1, 2}) {
    const Window& window = windows_[static_cast<size_t>(newest_ - age) % kWindows];
    const double share = std::min(inherent_ + kCollapse, kMaxLoss);
    const double deviation = std::sqrt(window.packets * share * (1 - share));
    const double surprising = window.packets * share + 2 * deviation;
    if (window.packets < kFewPackets || window.lost <= surprising) return false;
  }
  return true;
}

double LossBased::loss() const {
  int packets = 0;
  int lost = 0;
  for (int64_t age = 0; age <= std::min(kLossWindows, newest_); ++age) {
    const Window& window = windows_[static_cast<size_t>(newest_ - age) % kWindows];
    packets += window.packets;
    lost += window.lost;
  }
  return packets > 0 ? static_cast<double>(lost) / packets : 0;
}

std::optional<Bitrate> LossBased::judge() {
  double packets = 0;
  double lost = 0;
  each_complete([&](const Window& window, double weight) {
    packets += weight * window.packets;
    lost += weight * window.lost;
  });
  if (lost == 0) {
    inherent_ = 0;
    return std::nullopt;
  }
  const Fit unlimited = fit(kUnlimited, lost / packets);
  const Fit limited = best_limit(lost / packets);
  const double gain = (limited.likelihood - unlimited.likelihood) / scatter(limited);
  inherent_ = gain > kEvidence ? limited.inherent : unlimited.inherent;
  if (gain <= kEvidence) return std::nullopt;
  return limited.limit * kMargin;
}

// Expectation and maximization: how many of the losses would have happened anyway, and which p follows.
LossBased::Fit LossBased::fit(Bitrate limit, double guess) const {
  Fit out{.inherent = guess, .limit = limit};
  for (int i = 0; i < kIterations && limit != kUnlimited; ++i) {
    double packets = 0;
    double inherent = 0;
    each_complete([&](const Window& window, double weight) {
      const double loss = loss_at(out.inherent, overflow(window.rate(), limit));
      packets += weight * window.packets;
      inherent += weight * window.lost * out.inherent / loss;
    });
    out.inherent = std::min(inherent / packets, kMaxLoss);
  }
  each_complete([&](const Window& window, double weight) {
    const double loss = loss_at(out.inherent, overflow(window.rate(), limit));
    const int received = window.packets - window.lost;
    out.likelihood += weight * (window.lost * std::log(loss) + received * std::log(1 - loss));
  });
  return out;
}

LossBased::Fit LossBased::best_limit(double guess) const {
  Bitrate highest{};
  each_complete([&](const Window& window, double) { highest = std::max(highest, window.rate()); });
  Fit best{.likelihood = -1e300};
  for (int i = 0; i < kSteps; ++i) {
    highest *= kStep;
    const Fit candidate = fit(highest, guess / 2);
    if (candidate.likelihood > best.likelihood) best = candidate;
  }
  return best;
}

// The mean squared deviation, in units of the expected; at least 1.
double LossBased::scatter(const Fit& fit) const {
  double sum = 0;
  double weights = 0;
  each_complete([&](const Window& window, double weight) {
    const double loss = loss_at(fit.inherent, overflow(window.rate(), fit.limit));
    const double deviation = window.lost - window.packets * loss;
    sum += weight * deviation * deviation / (window.packets * loss * (1 - loss));
    weights += weight;
  });
  return std::max(1.0, sum / weights);
}

}  // namespace sfu::bwe
