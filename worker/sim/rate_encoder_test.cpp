#include "sim/rate_encoder.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "core/rtp/vp8.hpp"
#include "sim/decoder.hpp"
#include "sim/vp8_packets.hpp"

namespace sfu::sim {
namespace {

constexpr std::array<uint8_t, 3> kLayers = {1, 2, 3};
constexpr int kMinute = 60 * static_cast<int>(RateEncoder::kFrameRate);

double rate_of(int64_t bytes, int frames) {
  return static_cast<double>(bytes) * 8 * RateEncoder::kFrameRate / frames;
}

std::vector<std::vector<uint8_t>> packets_of(const SizedFrame& frame, uint8_t temporal_layers = 1) {
  return vp8_packets(frame, temporal_layers, 4711, 17, 1150);
}

}  // namespace

TEST_CASE("an encoder makes the rate it is told to, key frames included") {
  for (const Bitrate rate : {100_kbps, 1500_kbps})
    for (const uint8_t layers : kLayers) {
      RateEncoder encoder({rate, layers}, 11);
      int64_t bytes = 0;
      for (int i = 0; i < kMinute; ++i) bytes += static_cast<int64_t>(encoder.next(i % 300 == 0).bytes);
      CHECK(rate_of(bytes, kMinute) == doctest::Approx(static_cast<double>(rate.bps)).epsilon(0.03));
    }
}

TEST_CASE("key frames are five to eight times as large as the mean, and their successors smaller") {
  RateEncoder encoder({1_mbps, 1}, 12);
  const double mean = 1e6 / 8 / RateEncoder::kFrameRate;
  double next = 0;
  for (int i = 0; i < 20; ++i) {
    const SizedFrame key = encoder.next(true);
    CHECK(key.key);
    CHECK(static_cast<double>(key.bytes) > mean * 4.9);
    CHECK(static_cast<double>(key.bytes) < mean * 8.1);
    next += static_cast<double>(encoder.next(false).bytes) / 20;
    for (int k = 0; k < 60; ++k) CHECK(!encoder.next(false).key);
  }
  CHECK(next < mean * 0.75);
}

TEST_CASE("sizes of frames vary by a tenth to a third") {
  RateEncoder encoder({1_mbps, 1}, 13);
  double sum = 0, squares = 0;
  for (int i = 0; i < kMinute; ++i) {
    const auto size = static_cast<double>(encoder.next(false).bytes);
    sum += size;
    squares += size * size;
  }
  const double mean = sum / kMinute, spread = std::sqrt(squares / kMinute - mean * mean) / mean;
  CHECK(spread > 0.1);
  CHECK(spread < 0.35);
}

TEST_CASE("the temporal layers up to one have their share of the rate") {
  for (const uint8_t layers : kLayers) {
    RateEncoder encoder({1_mbps, layers}, 14);
    std::array<int64_t, 3> bytes{};
    for (int i = 0; i < kMinute; ++i) {
      const SizedFrame frame = encoder.next(false);
      for (size_t layer = frame.temporal_layer; layer < 3; ++layer)
        bytes[layer] += static_cast<int64_t>(frame.bytes);
    }
    for (uint8_t layer = 0; layer < layers; ++layer)
      CHECK(rate_of(bytes[layer], kMinute) / 1e6 ==
            doctest::Approx(RateEncoder::share_up_to(layer, layers)).epsilon(0.05));
  }
}

TEST_CASE("no frame refers to a higher temporal layer, or to one that nothing refers to") {
  for (const uint8_t layers : kLayers) {
    RateEncoder encoder({1_mbps, layers}, 15);
    std::vector<SizedFrame> frames;
    for (uint32_t i = 0; i < 300; ++i) {
      frames.push_back(encoder.next(i % 37 == 0));
      const SizedFrame& frame = frames.back();
      REQUIRE(frame.number == i);
      REQUIRE(frame.refers_to <= i);
      CHECK((frame.refers_to == i) == frame.key);
      if (frame.key) continue;
      const SizedFrame& reference = frames[frame.refers_to];
      CHECK(reference.temporal_layer <= frame.temporal_layer);
      CHECK(!reference.discardable);
      if (frame.layer_sync) CHECK(reference.temporal_layer == 0);
    }
  }
}

TEST_CASE("a frame is cut into packets of n and then n + 1 bytes, which together are the frame") {
  for (const size_t bytes : {300u, 1150u, 1151u, 5003u, 20'000u}) {
    const auto packets = packets_of({.key = true, .number = 5, .refers_to = 5, .bytes = bytes});
    size_t sum = 0;
    for (size_t i = 0; i < packets.size(); ++i) {
      sum += packets[i].size();
      CHECK(packets[i].size() <= 1150);
      if (i > 0) CHECK(packets[i].size() - packets[i - 1].size() <= 1);
    }
    CHECK(sum == bytes);
  }
}

TEST_CASE("the payloads are VP8's, with the temporal layer where there are several") {
  RateEncoder encoder({500_kbps, 3}, 16);
  for (int i = 0; i < 50; ++i) {
    const SizedFrame frame = encoder.next(i == 20);
    const auto packets = packets_of(frame, 3);
    for (size_t k = 0; k < packets.size(); ++k) {
      const auto seen = rtp::describe_vp8(packets[k], k + 1 == packets.size());
      REQUIRE(seen);
      CHECK(seen->begins == (k == 0));
      CHECK(seen->key_frame == (frame.key && k == 0));
      CHECK(seen->temporal_layer == frame.temporal_layer);
      CHECK(seen->tl0_picture_index == frame.tl0_index);
      CHECK(seen->discardable == frame.discardable);
      CHECK(seen->layer_sync == frame.layer_sync);
      CHECK(seen->picture_id == 17);
    }
  }
}

TEST_CASE("a decoder shows what is whole and refers to what was shown") {
  const auto mark = [](uint32_t number, uint32_t refers_to, uint16_t packet = 0, uint16_t packets = 1) {
    return PictureMark{1, number, refers_to, packet, packets};
  };
  const Time now{1h};
  Decoder decoder;
  CHECK(decoder.receive(mark(1, 0), now).empty());  // of which nothing came before
  CHECK(!decoder.last_decoded());
  CHECK(decoder.receive(mark(2, 2, 1, 2), now).empty());
  CHECK(decoder.receive(mark(2, 2, 0, 2), now + 1ms).size() == 1);  // whole, and a key frame
  CHECK(decoder.last_decoded() == now + 1ms);
  CHECK(decoder.receive(mark(4, 3), now + 2ms).empty());      // 3 is missing
  CHECK(decoder.receive(mark(3, 2), now + 3ms).size() == 2);  // it was sent again: 3, and with it 4
  CHECK(decoder.receive(mark(3, 2), now + 4ms).empty());      // a duplicate
  CHECK(decoder.last_decoded() == now + 3ms);
}

}  // namespace sfu::sim
