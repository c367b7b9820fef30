// What forwarding costs: CPU time of the worker's thread for each SRTP packet that leaves, one producer to 50
// consumers on loopback, beside a naive and a best possible loop in the same run.
//
//   forward_bench FILE    writes all figures there as JSON; bench/report.mjs makes a table of them
//
// The loops take turns slice by slice, since the machine's state drifts. A slice that does not deliver every
// packet, or delivers something else than was sent, ends the run with an error.
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/best_loop.hpp"
#include "bench/client.hpp"
#include "bench/measure.hpp"
#include "bench/memory.hpp"
#include "bench/naive_loop.hpp"
#include "bench/receivers.hpp"
#include "bench/source.hpp"
#include "core/rtp/parse.hpp"

namespace {

using namespace sfu;
using namespace sfu::bench;

constexpr size_t kReceivers = 50;
constexpr size_t kSlice = 5000;  // forwarded packets
constexpr size_t kRepeats = 21;
constexpr int kMaxTurns = 200;
constexpr std::array kBursts = {size_t{1}, size_t{3}, size_t{10}};
constexpr std::array kProfiles = {srtp::Profile::kAeadAes128Gcm, srtp::Profile::kAesCm128HmacSha1_80};

const char* name_of(srtp::Profile profile) {
  return profile == srtp::Profile::kAeadAes128Gcm ? "AEAD_AES_128_GCM" : "AES_CM_128_HMAC_SHA1_80";
}

// A loop and all that belongs to it alone: its input, and the keys of its output.
struct Contender {
  std::string name;
  std::unique_ptr<Loop> loop;
  std::unique_ptr<Source> source;
  std::vector<Sink> sinks;
  bool fresh = true;  // what comes next is its first frame
};

class Race {
 public:
  explicit Race(srtp::Profile profile) : profile_(profile) {
    add_worker();
    add("naive", std::make_unique<NaiveLoop>(profile, receivers_));
#ifdef CONSOMME_IPSEC_MB
    add("best", make_best_loop(profile, receivers_));
#endif
  }

  const std::vector<Contender>& contenders() const { return contenders_; }
  void set_live(bool live) { receivers_.set_live(live); }

  // Of each contender, nanoseconds a forwarded packet in each repeat.
  std::vector<std::vector<double>> run(size_t burst) {
    std::vector<std::vector<double>> times(contenders_.size());
    for (Contender& contender : contenders_) slice(contender, burst);
    for (size_t repeat = 0; repeat < kRepeats; ++repeat)
      for (size_t i = 0; i < contenders_.size(); ++i) times[i].push_back(slice(contenders_[i], burst));
    return times;
  }

 private:
  void add(const char* name, std::unique_ptr<Loop> loop) {
    std::vector<Sink> sinks;
    for (size_t i = 0; i < kReceivers; ++i)
      sinks.push_back(
          {static_cast<uint32_t>(1 + i), srtp::Opener(profile_, master_of(1 + i), srtp::Backend::kOpenSsl)});
    contenders_.push_back(
        {name, std::move(loop), std::make_unique<Source>(profile_, master_of(0)), std::move(sinks)});
  }

  void add_worker() {
    auto loop = std::make_unique<WorkerLoop>();
    const dtls::Context context(dtls::Certificate::generate(), std::span(&profile_, 1));
    Client publisher(*loop, publisher_, context);
    CHECK(publisher.keys().profile == profile_);
    const uint32_t producer = publisher.produce();
    std::vector<Sink> sinks;
    for (size_t i = 0; i < kReceivers; ++i) {
      Client client(*loop, receivers_.socket(i), context);
      sinks.push_back(
          {client.consume(producer), srtp::Opener(profile_, client.keys().receive, srtp::Backend::kOpenSsl)});
    }
    contenders_.push_back({"worker", std::move(loop),
                           std::make_unique<Source>(profile_, publisher.keys().send), std::move(sinks)});
  }

  double slice(Contender& contender, size_t burst) {
    const size_t bursts = kSlice / (burst * kReceivers);
    double spent = 0;
    for (size_t i = 0; i < bursts; ++i) spent += forward(contender, burst);
    for (size_t i = 0; i < kReceivers; ++i) check_last(contender, i);
    return spent / static_cast<double>(bursts * burst * kReceivers);
  }

  // One burst, until all of it has arrived. What came late, because the kernel put it off, takes more turns.
  double forward(Contender& contender, size_t burst) {
    contender.source->send_frame(publisher_, contender.loop->local(), burst * Source::kContent,
                                 contender.fresh);
    contender.fresh = false;
    expected_ += burst * kReceivers;
    double spent = 0;
    for (int turns = 0; turns == 0 || !receivers_.have(expected_); ++turns) {
      CHECK(turns < kMaxTurns);
      const Stopwatch watch;
      contender.loop->take_turn();
      spent += watch.nanoseconds();
    }
    CHECK(receivers_.count() == expected_);
    return spent;
  }

  // The last datagram that the receiver got is the last packet that was sent, under its own SSRC.
  void check_last(Contender& contender, size_t receiver) {
    rtp::PacketRef packet = pool_.take();
    const Bytes datagram = receivers_.last(receiver);
    std::ranges::copy(datagram, packet->bytes.begin());
    packet->size = static_cast<uint16_t>(datagram.size());
    const srtp::Opened opened = contender.sinks[receiver].opener.open_rtp(packet->data());
    CHECK(static_cast<bool>(opened));
    packet->size = static_cast<uint16_t>(opened.size());
    CHECK(rtp::parse(*packet, rtp::ExtensionTable()));
    CHECK(packet->ssrc == contender.sinks[receiver].ssrc);
    CHECK(std::ranges::equal(packet->payload_bytes().subspan(Source::kDescriptor),
                             contender.source->content()));
  }

  const srtp::Profile profile_;
  rtp::PacketPool pool_{1};
  Receivers receivers_{kReceivers};
  LoopbackSocket publisher_;
  std::vector<Contender> contenders_;
  uint64_t expected_ = 0;
};

// ---- the report

void print_times(FILE* out, const std::vector<double>& times) {
  for (size_t i = 0; i < times.size(); ++i) std::fprintf(out, "%s%.1f", i == 0 ? "[" : ", ", times[i]);
  std::fputs("]", out);
}

void print_row(FILE* out, srtp::Profile profile, bool live, size_t burst, Race& race) {
  const auto times = race.run(burst);
  std::fprintf(out, R"({"profile": "%s", "receivers": "%s", "burst": %zu, "nanoseconds": {)",
               name_of(profile), live ? "live" : "idle", burst);
  for (size_t i = 0; i < times.size(); ++i) {
    std::fprintf(out, R"(%s"%s": )", i == 0 ? "" : ", ", race.contenders()[i].name.c_str());
    print_times(out, times[i]);
    std::printf("%s, %s receivers, burst %zu, %s: %.2f us a packet\n", name_of(profile),
                live ? "live" : "idle", burst, race.contenders()[i].name.c_str(), median(times[i]) / 1000);
  }
  std::fputs("}}", out);
}

void print_rows(FILE* out) {
  const char* separator = "\n";
  for (const srtp::Profile profile : kProfiles) {
    Race race(profile);
    for (const bool live : {false, true}) {
      race.set_live(live);
      for (const size_t burst : kBursts) {
        std::fputs(std::exchange(separator, ",\n"), out);
        print_row(out, profile, live, burst, race);
      }
    }
  }
}

void print_memory(FILE* out) {
  const Memory memory = measure_memory();
  std::fprintf(
      out,
      R"({"transports": %zu, "newTransport": %.0f, "readyTransport": %.0f, "openssl": %.0f, "sizeofTransport": %zu,
 "consumers": %zu, "newConsumer": %.0f, "flowingConsumer": %.0f, "sizeofConsumer": %zu, "sizeofPacket": %zu})",
      memory.transports, memory.transport_new, memory.transport_ready, memory.openssl,
      memory.sizeof_transport, memory.consumers, memory.consumer_new, memory.consumer_flowing,
      memory.sizeof_consumer, memory.sizeof_packet);
}

std::string_view name_of(srtp::Backend backend) {
  if (backend == srtp::Backend::kIpsecMb) return "intel-ipsec-mb";
  return backend == srtp::Backend::kOpenSsl ? "OpenSSL" : "libsrtp";
}

}  // namespace

int main(int argc, char** argv) {
  count_openssl();
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  FILE* out = argc == 2 ? std::fopen(argv[1], "w") : nullptr;
  if (!out) {
    std::fputs("usage: forward_bench FILE\n", stderr);
    return 2;
  }
  std::fprintf(out, R"({"srtp": "%s", "receivers": %zu, "packetSize": %zu, "repeats": %zu, "memory": )",
               name_of(srtp::best_backend()).data(), kReceivers, Source::kPacketSize, kRepeats);
  print_memory(out);
  std::fputs(", \"rows\": [", out);
  print_rows(out);
  std::fputs("]}\n", out);
  return std::fclose(out) == 0 ? 0 : 1;
}
