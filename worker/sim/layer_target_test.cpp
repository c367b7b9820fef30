// What a consumer aims at: the layers there are, those that are granted, and what it does when they do not
// come.
#include <doctest/doctest.h>

#include "sim/layer_call.hpp"

namespace sfu::sim {
namespace {

constexpr Mode kVp8{"VP8 simulcast", Mode::Codec::kVp8, Mode::Layers::kSimulcast};
constexpr Mode kVp9Full{"VP9 L3T3", Mode::Codec::kVp9, Mode::Layers::kFullSvc};
constexpr Mode kVp9Key{"VP9 L3T3_KEY", Mode::Codec::kVp9, Mode::Layers::kKSvc};
constexpr Mode kAv1Key{"AV1 L3T3_KEY", Mode::Codec::kAv1, Mode::Layers::kKSvc, true};

std::vector<LayerOption> options_of(LayerCall& call) {
  std::vector<LayerOption> out;
  call.client(0).consumer->layer_options(call.now(), out);
  return out;
}

std::string text(const std::vector<LayerOption>& options) {
  std::string out;
  for (const LayerOption& each : options)
    out += std::to_string(each.spatial) + "." + std::to_string(each.temporal) + " ";
  return out;
}

void prefer(LayerCall& call, uint32_t spatial, uint32_t temporal) {
  call.act([&](Turn& turn) { call.client(0).consumer->set_preferred_layers({spatial, temporal}, turn); });
}

void grant(LayerCall& call, std::optional<Layers> layers) {
  call.act([&](Turn& turn) { call.client(0).consumer->set_target_layers(layers, turn); });
}

std::optional<Layers> current(LayerCall& call) { return call.client(0).consumer->current_layers(); }

bool decodes(LayerCall& call) { return call.client(0).decoded_at + 5 > call.encoder().pictures(); }

}  // namespace

TEST_CASE("the options are what is being sent and preferred, in order; else the lowest that is sent") {
  LayerCall call(kVp8, 1, 1);
  CHECK(options_of(call).empty());
  call.run_calmly(40);
  CHECK(text(options_of(call)) == "0.0 0.1 0.2 1.0 1.1 1.2 2.0 2.1 2.2 ");
  prefer(call, 1, 1);
  CHECK(text(options_of(call)) == "0.0 0.1 1.0 1.1 ");
  call.encoder().turn(1, false);
  call.run_calmly(80);
  CHECK(text(options_of(call)) == "0.0 0.1 ");
  call.encoder().turn(0, false);
  call.run_calmly(80);
  CHECK(text(options_of(call)) == "2.0 ");
}

TEST_CASE("an option costs what it is sent with: in K-SVC that is little of the layers below") {
  for (const Mode& mode : {kVp9Full, kVp9Key, kAv1Key}) {
    LayerCall call(mode, 1, 1);
    call.run_calmly(60);
    const std::vector<LayerOption> options = options_of(call);
    REQUIRE(text(options) == "0.0 0.1 0.2 1.0 1.1 1.2 2.0 2.1 2.2 ");
    for (size_t i = 0; i < options.size(); i += 3) {
      CHECK(options[i].rate < options[i + 1].rate);
      CHECK(options[i + 1].rate < options[i + 2].rate);
    }
    const double ratio = options[8].rate / options[2].rate;  // of layers of about the same size
    const bool full = mode.layers == Mode::Layers::kFullSvc;
    CHECK(ratio > (full ? 2.5 : 0.8));
    CHECK(ratio < (full ? 3.5 : 1.5));
  }
}

TEST_CASE(
    "before anything is granted the highest layers are aimed at; then those that are, within the preferred") {
  LayerCall call(kVp8, 1, 1);
  call.run_calmly(30);
  CHECK(current(call) == Layers{2, 2});
  grant(call, Layers{1, 0});
  call.run_calmly(30);
  CHECK(current(call) == Layers{1, 0});
  prefer(call, 0, 2);
  call.run_calmly(30);
  CHECK(current(call) == Layers{0, 0});
  grant(call, Layers{2, 2});
  call.run_calmly(30);
  CHECK(current(call) == Layers{0, 2});
  CHECK(call.faults().empty());
}

TEST_CASE("who is granted nothing gets nothing, and goes on when he is granted something") {
  LayerCall call(kVp8, 1, 1);
  call.run_calmly(30);
  grant(call, std::nullopt);
  ++call.client(0).stint;
  CHECK(current(call) == std::nullopt);
  const size_t before = call.client(0).receiver->packets();
  call.run_calmly(60);
  CHECK(call.client(0).receiver->packets() == before);
  grant(call, Layers{1, 2});
  call.run_calmly(30);
  CHECK(current(call) == Layers{1, 2});
  CHECK(decodes(call));
  CHECK(call.faults().empty());
}

TEST_CASE("when the stream or layer that is sent ends, the best that is left takes its place") {
  for (const Mode& mode : {kVp8, kVp9Full, kVp9Key, kAv1Key}) {
    LayerCall call(mode, 1, 1);
    call.run_calmly(60);
    REQUIRE(current(call) == Layers{2, 2});
    call.encoder().turn(2, false);
    call.run_calmly(90);
    CHECK(decodes(call));
    if (mode.layers != Mode::Layers::kFullSvc || mode.described) CHECK(current(call) == Layers{1, 2});
    call.encoder().turn(2, true);
    call.run_calmly(90);
    CHECK(current(call) == Layers{2, 2});
    CHECK(decodes(call));
    CHECK(call.faults().empty());
  }
}

TEST_CASE(
    "a key frame that never comes: what flows goes on, and after two seconds the next best is aimed at") {
  LayerCall call(kVp8, 1, 1);
  prefer(call, 0, 2);
  call.run_calmly(30);
  REQUIRE(current(call) == Layers{0, 2});
  call.ignore_key_frame_requests(2);
  const size_t asked = call.key_frame_requests();
  prefer(call, 2, 2);
  call.run_calmly(45);
  CHECK(call.key_frame_requests() >= asked + 2);
  CHECK(current(call) == Layers{0, 2});
  CHECK(decodes(call));
  call.run_calmly(45);
  CHECK(current(call) == Layers{1, 2});
  CHECK(decodes(call));
  CHECK(call.faults().empty());
}

TEST_CASE("what is left out leaves no gap in the numbers, even where it comes late") {
  for (const Mode& mode : {kVp8, kVp9Full, kVp9Key, kAv1Key}) {
    LayerCall call(mode, 1, 1);
    grant(call, Layers{1, 0});
    call.run_calmly(30);
    REQUIRE(current(call) == Layers{1, 0});
    call.client(0).answers = false;
    call.run_reordered(200);
    call.run_calmly(10);
    CHECK(call.client(0).receiver->missing().empty());
    CHECK(call.client(0).receiver->empty_packets() > 5);
    CHECK(call.faults().empty());
  }
}

TEST_CASE("nobody asks for key frames as long as he has what he aims at") {
  for (const Mode& mode : {kVp8, kVp9Full, kVp9Key, kAv1Key}) {
    LayerCall call(mode, 1, 3);
    call.run_calmly(90);
    const size_t asked = call.key_frame_requests();
    call.run_calmly(300);
    CHECK(call.key_frame_requests() == asked);
    grant(call, Layers{2, 0});  // fewer pictures take none
    call.run_calmly(90);
    grant(call, Layers{2, 2});  // nor do more
    call.run_calmly(90);
    CHECK(current(call) == Layers{2, 2});
    CHECK(call.key_frame_requests() == asked);
  }
}

}  // namespace sfu::sim
