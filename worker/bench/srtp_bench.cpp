// What sealing and opening a packet of 1200 bytes costs: nanoseconds of CPU and, to the right, how many times
// cheaper than libsrtp. Medians of 9 repeats; all candidates are measured in each repeat, since the machine's
// state drifts.
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <numeric>
#include <vector>

#include "bench/measure.hpp"
#include "core/srtp/opener.hpp"
#include "core/srtp/sealer.hpp"

namespace {

using namespace sfu;
using namespace sfu::srtp;
using bench::median;
using bench::Stopwatch;

constexpr size_t kHeader = 20;  // with a header extension of one word
constexpr size_t kPayload = 1180;
constexpr size_t kKeys = 50;
constexpr size_t kPackets = 4000;
constexpr size_t kRepeats = 9;
constexpr std::array kBatches = {size_t{1}, size_t{50}};
constexpr std::array kProfiles = {Profile::kAeadAes128Gcm, Profile::kAeadAes256Gcm,
                                  Profile::kAesCm128HmacSha1_80, Profile::kAesCm128HmacSha1_32};
constexpr std::array kBackends = {Backend::kLibsrtp, Backend::kOpenSsl, Backend::kIpsecMb};
constexpr std::array kProfileNames = {"AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80",
                                      "AES_CM_128_HMAC_SHA1_32"};

const char* name_of(Backend backend) {
  if (backend == Backend::kLibsrtp) return "libsrtp";
  return backend == Backend::kOpenSsl ? "OpenSSL" : "ipsec-mb";
}

Master master_of(size_t number) {
  Master master;
  std::iota(master.key.begin(), master.key.end(), static_cast<uint8_t>(number));
  return master;
}

void write_header(uint8_t* out, uint64_t index) {
  std::fill_n(out, kHeader, uint8_t{0});
  out[0] = 0x90;
  store16(out + 2, static_cast<uint16_t>(index));
  store32(out + 8, 1);
  store32(out + 12, 0xbede0001);
}

// One packet after the other to kKeys receivers in turn, `batch` to a flush, out of place.
class Sealing {
 public:
  Sealing(Backend backend, Profile profile, size_t batch)
      : sealer_(backend), batch_(batch), stride_(kHeader + kPayload + rtp_overhead(profile)) {
    for (size_t i = 0; i < kKeys; ++i)
      keys_.push_back(std::make_unique<SendKeys>(profile, master_of(i), backend));
  }

  double measure() {
    const Stopwatch watch;
    for (size_t done = 0; done < kPackets; done += batch_) flush(done);
    return watch.nanoseconds() / kPackets;
  }

 private:
  void flush(size_t done) {
    for (size_t i = 0; i < batch_; ++i) {
      const size_t receiver = (done + i) % kKeys;
      if (receiver == 0) ++index_;
      uint8_t* out = slots_.data() + i * stride_;
      write_header(out, index_);
      jobs_[i] = {keys_[receiver].get(), index_, out, kHeader, kPayload, payload_.data()};
    }
    sealer_.seal(std::span(jobs_).first(batch_));
  }

  Sealer sealer_;
  size_t batch_;
  size_t stride_;
  uint64_t index_ = 0;
  std::vector<std::unique_ptr<SendKeys>> keys_;
  std::vector<uint8_t> payload_ = std::vector<uint8_t>(kPayload, 7);
  std::vector<uint8_t> slots_ = std::vector<uint8_t>(50 * 1300);
  std::array<SealJob, 50> jobs_;
};

class Opening {
 public:
  Opening(Backend backend, Profile profile)
      : backend_(backend), profile_(profile), stride_(kHeader + kPayload + rtp_overhead(profile)) {
    SendKeys keys(profile, master_of(0), backend);
    Sealer sealer(backend);
    for (size_t i = 0; i < kPackets; ++i) {
      uint8_t* out = sealed_.data() + i * stride_;
      write_header(out, i);
      const SealJob job{&keys, i, out, kHeader, kPayload, out + kHeader};
      sealer.seal({&job, 1});
    }
  }

  double measure() {
    Opener opener(profile_, master_of(0), backend_);
    std::vector<uint8_t> work = sealed_;
    size_t opened = 0;
    const Stopwatch watch;
    for (size_t i = 0; i < kPackets; ++i) {
      if (opener.open_rtp(MutableBytes(work).subspan(i * stride_, stride_))) ++opened;
    }
    const double spent = watch.nanoseconds() / kPackets;
    CHECK(opened == kPackets);
    return spent;
  }

 private:
  Backend backend_;
  Profile profile_;
  size_t stride_;
  std::vector<uint8_t> sealed_ = std::vector<uint8_t>(kPackets * 1300);
};

// Candidates in rows; the first is what the others are compared with.
template <class Candidate>
void report(const char* title, std::vector<std::pair<const char*, std::unique_ptr<Candidate>>> candidates) {
  std::vector<std::vector<double>> times(candidates.size());
  for (size_t repeat = 0; repeat < kRepeats; ++repeat) {
    for (size_t i = 0; i < candidates.size(); ++i) times[i].push_back(candidates[i].second->measure());
  }
  for (size_t i = 0; i < candidates.size(); ++i) {
    std::vector<double> ratios;
    for (size_t repeat = 0; repeat < kRepeats; ++repeat)
      ratios.push_back(times[0][repeat] / times[i][repeat]);
    std::printf("%-39s %-10s %6.0f ns  x%.2f\n", title, candidates[i].first, median(times[i]),
                median(ratios));
  }
}

template <class Candidate>
void compare(const char* title, auto... arguments) {
  std::vector<std::pair<const char*, std::unique_ptr<Candidate>>> candidates;
  for (const Backend backend : kBackends) {
    if (!is_available(backend)) continue;
    candidates.emplace_back(name_of(backend), std::make_unique<Candidate>(backend, arguments...));
  }
  report(title, std::move(candidates));
}

}  // namespace

int main() {
  for (size_t i = 0; i < kProfiles.size(); ++i) {
    std::array<char, 64> title;
    for (const size_t batch : kBatches) {
      std::snprintf(title.data(), title.size(), "%s seal, batch %zu", kProfileNames[i], batch);
      compare<Sealing>(title.data(), kProfiles[i], batch);
    }
    std::snprintf(title.data(), title.size(), "%s open", kProfileNames[i]);
    compare<Opening>(title.data(), kProfiles[i]);
  }
}
