// An encoded frame as payloads of VP8 (RFC 7741): packets of n, n, … n + 1, n + 1 bytes, as libraries cut
// them. Behind the descriptor and the first byte of a VP8 frame nothing matters but the mark at the end.
#pragma once

#include <vector>

#include "sim/picture_mark.hpp"
#include "sim/rate_encoder.hpp"

namespace sfu::sim {

std::vector<std::vector<uint8_t>> vp8_packets(const SizedFrame& frame, uint8_t temporal_layers, uint32_t ssrc,
                                              uint16_t picture_id, size_t max_payload);

}  // namespace sfu::sim
