// What adaptation costs: CPU time of the worker's thread for each SRTP packet that it forwards, in real time,
// to viewers that give transport-wide feedback, and so with estimator, pacer and allocator; beside viewers
// that do not, and so without. And how much of one transport comes together at the clients' sockets.
//
//   adaptation_bench FILE    writes all figures there as JSON; bench/report.mjs makes tables of them
//
// Both broadcasts, of one producer or of the four that each gets in a meeting of five, run all the time and
// take turns frame by frame: the frames of one lie in the middle between those of the other. Once the
// estimate has grown, a packet that does not come, or is not what was sent, ends the run with an error, and
// so does an estimate that is not clearly above what is sent.
#include <algorithm>
#include <cstdio>

#include "bench/broadcast.hpp"
#include "bench/bursts.hpp"
#include "bench/load.hpp"
#include "bench/measure.hpp"
#include "core/base/check.hpp"
#include "host/host.hpp"

namespace {

using namespace sfu;
using namespace sfu::bench;
using Work = WorkerThread::Work;

constexpr size_t kViewers = 50;
constexpr size_t kRepeats = 21;
constexpr int kFramesOfRepeat = 30;
constexpr int kFramesBefore = 360;  // until the estimate has grown
constexpr int kFramesOfBursts = 450;
constexpr double kAmple = 1.3;  // times what is sent: the estimate limits nothing

// What it took to forward one packet.
struct Cost {
  double nanoseconds = 0, turns = 0, messages = 0;
};

// What each viewer watches.
struct Program {
  std::string name;
  std::vector<Load> producers;
};

Program broadcast_of(Load load) { return {load.name(), {load}}; }

// What each of five participants gets of the others, who do not send their key frames at the same time.
Program meeting_of_five(const Load& load) {
  return {"four times " + load.name(), {load, load.from(31), load.from(62), load.from(93)}};
}

class Contender {
 public:
  Contender(size_t producers, Viewer::Feedback feedback)
      : broadcast_({.viewers = kViewers, .producers = producers, .feedback = feedback}) {}

  Broadcast& broadcast() { return broadcast_; }
  void begin() {
    before_ = broadcast_.work();
    forwarded_before_ = broadcast_.packets_forwarded();
  }
  Cost end() {
    const Work work = broadcast_.work() - before_;
    const auto packets = static_cast<double>(broadcast_.packets_forwarded() - forwarded_before_);
    return {work.nanoseconds / packets, static_cast<double>(work.turns) / packets,
            static_cast<double>(work.messages) / packets};
  }

 private:
  Broadcast broadcast_;
  Work before_;
  uint64_t forwarded_before_ = 0;
};

class Pair {
 public:
  explicit Pair(std::vector<Load> producers)
      : on(producers.size(), Viewer::Feedback::kTransportWide),
        off(producers.size(), Viewer::Feedback::kNone),
        producers_(std::move(producers)) {
    for (Contender* contender : {&on, &off}) {
      audience_.add(contender->broadcast());
      contender->broadcast().start();
    }
  }

  void run() {
    play(kFramesBefore);
    play(0);
    for (Contender* contender : {&on, &off}) contender->broadcast().count_anew();
    for (size_t repeat = 0; repeat < kRepeats; ++repeat) {
      on.begin();
      off.begin();
      play(kFramesOfRepeat);
      costs_on.push_back(on.end());
      costs_off.push_back(off.end());
    }
    play(0);
    for (Contender* contender : {&on, &off}) {
      contender->broadcast().stop();
      CHECK(contender->broadcast().is_complete());
    }
    check_estimates();
  }

  Contender on, off;
  std::vector<Cost> costs_on, costs_off;
  Bitrate sent, least_estimate;

 private:
  // So many frames of each producer, evenly spread, and all that comes of them.
  void play(int frames) {
    const Time start = host::now();
    const auto producers = static_cast<int>(producers_.size());
    for (int i = 0; i < frames * producers; ++i) {
      const auto producer = static_cast<size_t>(i % producers);
      const Frame frame = producers_[producer].next();
      sent_bytes_ += static_cast<int64_t>(frame.bytes);
      on.broadcast().send_frame(producer, frame);
      audience_.attend(start + kFrameInterval * (2 * i + 1) / (2 * producers));
      off.broadcast().send_frame(producer, frame);
      audience_.attend(start + kFrameInterval * (i + 1) / producers);
    }
    sent_time_ += kFrameInterval * frames;
    if (frames == 0) audience_.attend(start + 500ms);
  }

  void check_estimates() {
    const std::vector<Bitrate> estimates = on.broadcast().estimates();
    CHECK(estimates.size() == kViewers && off.broadcast().estimates().empty());
    sent = Bitrate::of(sent_bytes_, sent_time_);
    least_estimate = std::ranges::min(estimates);
    CHECK(least_estimate > sent * kAmple);
  }

  std::vector<Load> producers_;
  Audience audience_;
  int64_t sent_bytes_ = 0;
  Duration sent_time_{};
};

// ---- the report

void print_costs(FILE* out, const char* name, const std::vector<Cost>& costs) {
  std::fprintf(out, R"("%s": [)", name);
  for (const Cost& cost : costs)
    std::fprintf(out, R"(%s{"nanoseconds": %.1f, "turns": %.5f, "messages": %.5f})",
                 &cost == costs.data() ? "" : ", ", cost.nanoseconds, cost.turns, cost.messages);
  std::fputs("]", out);
}

double median_ratio(const std::vector<Cost>& of, const std::vector<Cost>& than) {
  std::vector<double> ratios;
  for (size_t i = 0; i < of.size(); ++i) ratios.push_back(of[i].nanoseconds / than[i].nanoseconds);
  return median(ratios);
}

double median_time(const std::vector<Cost>& costs) {
  std::vector<double> times;
  for (const Cost& cost : costs) times.push_back(cost.nanoseconds);
  return median(times);
}

void print_load(FILE* out, Program program) {
  const std::string& name = program.name;
  Pair pair(std::move(program.producers));
  pair.run();
  std::printf("%s: %.2f us a packet with adaptation, %.2f without: x%.2f\n", name.c_str(),
              median_time(pair.costs_on) / 1000, median_time(pair.costs_off) / 1000,
              median_ratio(pair.costs_on, pair.costs_off));
  std::fprintf(out, R"({"load": "%s", "bitrate": %lld, "leastEstimate": %lld, )", name.c_str(),
               static_cast<long long>(pair.sent.bps), static_cast<long long>(pair.least_estimate.bps));
  print_costs(out, "on", pair.costs_on);
  std::fputs(", ", out);
  print_costs(out, "off", pair.costs_off);
  std::fputs("}", out);
}

void print_shares(FILE* out, const char* name, const std::vector<Burst>& bursts) {
  std::vector<double> shares;
  for (const Burst& burst : bursts) shares.push_back(burst.share());
  std::ranges::sort(shares);
  const auto at = [&](size_t percent) { return shares[(shares.size() - 1) * percent / 100]; };
  const auto beyond = std::ranges::count_if(bursts, [](const Burst& burst) { return burst.share() > 1; });
  std::fprintf(out, R"("%s": {"count": %zu, "beyond": %td, "p50": %.3f, "p99": %.3f, "max": %.3f})", name,
               shares.size(), beyond, at(50), at(99), at(100));
  std::printf("%s: %zu bursts, %td beyond a slot, p50 %.3f, p99 %.3f, max %.3f of it\n", name, shares.size(),
              beyond, at(50), at(99), at(100));
}

void print_bursts(FILE* out) {
  const Recording recording = record_bursts(kViewers, kFramesOfBursts);
  CHECK(recording.complete && recording.estimate > bwe::Estimator::kInitial * 2);  // by probing
  std::fprintf(out, R"("bursts": {"frames": %d, "leastEstimate": %lld, )", kFramesOfBursts,
               static_cast<long long>(recording.estimate.bps));
  print_shares(out, "turns", recording.bursts.turns);
  std::fputs(", ", out);
  print_shares(out, "arrivals", recording.bursts.arrivals);
  std::fputs(", ", out);
  print_shares(out, "windows", recording.bursts.windows);
  std::fputs("}", out);
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  FILE* out = argc == 2 ? std::fopen(argv[1], "w") : nullptr;
  if (!out) {
    std::fputs("usage: adaptation_bench FILE\n", stderr);
    return 2;
  }
  std::fprintf(out, R"({"viewers": %zu, "repeats": %zu, "loads": [)", kViewers, kRepeats);
  print_load(out, broadcast_of(Load::full_packets(3)));
  std::fputs(",\n", out);
  print_load(out, broadcast_of(Load::full_packets(10)));
  std::fputs(",\n", out);
  print_load(out, broadcast_of(Load::encoder()));
  std::fputs(",\n", out);
  print_load(out, meeting_of_five(Load::full_packets(3)));
  std::fputs(",\n", out);
  print_load(out, meeting_of_five(Load::encoder()));
  std::fputs("],\n", out);
  print_bursts(out);
  std::fputs("}\n", out);
  return std::fclose(out) == 0 ? 0 : 1;
}
