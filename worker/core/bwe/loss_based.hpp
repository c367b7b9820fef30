// What the loss says about the link. Packets are lost at random, whatever we do, with some probability p; and
// at a rate r above what the link carries, C, the share 1 - C/r is lost too. A packet survives with
// (1 - p) * min(1, C/r). From windows of what was sent at which rate, and what was lost of it, the likeliest
// C and p follow. Only a C that explains the losses much better than none at all is a limit: so random loss
// limits nothing, at 1 % or at 20 %, while a shallow buffer or a policer, which the delay does not show,
// does.
//
// Where the rate does not change, both explain the same loss. Then there must be a trial: for a moment a rate
// that surely fits. If that is lost of all the same, it was by chance.
//
// Losses that come in bursts are less evidence than as many single ones: the likelihoods are divided by how
// much more the losses scatter than the model expects (quasi-likelihood).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/bitrate.hpp"

namespace sfu::bwe {

class LossBased {
 public:
  static constexpr Duration kWindow = 250ms;
  static constexpr size_t kWindows = 24;
  // How much a window counts, against the one after it.
  static constexpr double kFading = 0.93;
  // By how much the log-likelihood must be better with a limit than without.
  static constexpr double kEvidence = 4;
  // Two windows running that lose so much more than was expected: the link has become another one.
  static constexpr double kCollapse = 0.15;

  // A packet that was reported lost and came after all takes its loss back.
  void on_received(Time sent, int64_t bytes, bool was_lost);
  void on_lost(Time sent, int64_t bytes);

  // So much loss calls for a trial, the next one after kTrialEvery windows, and then twice as many, up to
  // kTrialSeldom.
  static constexpr double kSuspicious = 0.04;
  static constexpr int64_t kTrialEvery = 40;
  static constexpr int64_t kTrialSeldom = 320;

  struct Verdict {
    std::optional<Bitrate> limit;
    bool collapsed = false;  // what arrives now is all that the link carries
    bool trial = false;      // send no more than that for a moment
  };
  // Once for each window that has been completed.
  std::optional<Verdict> take_verdict();

  // The share of the last second that was lost.
  double loss() const;
  // The share that is lost at any rate, as far as is known.
  double inherent_loss() const { return inherent_; }

 private:
  struct Window {
    int64_t bytes = 0;
    int packets = 0;
    int lost = 0;
    int late = 0;  // had been reported lost

    Bitrate rate() const { return Bitrate::of(bytes, kWindow); }
  };
  struct Fit {
    double inherent = 0;
    double likelihood = 0;  // its logarithm
    Bitrate limit = kUnlimited;
  };

  Window* window(Time sent);
  template <class Visit>
  void each_complete(Visit&& visit) const;
  bool has_collapsed() const;
  Fit fit(Bitrate limit, double guess) const;
  Fit best_limit(double guess) const;
  double scatter(const Fit& fit) const;
  std::optional<Bitrate> judge();
  int64_t unsettled() const;
  bool calls_for_trial();
  void forget_before(int64_t number);

  std::array<Window, kWindows> windows_{};
  int64_t newest_ = -1;  // its number; it is not complete
  bool completed_ = false;
  int64_t trial_ = 0;  // the window from which on there may be one
  int64_t trial_every_ = kTrialEvery;
  double inherent_ = 0;
};

}  // namespace sfu::bwe
