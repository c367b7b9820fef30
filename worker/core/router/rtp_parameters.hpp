// Reading RTP dictionaries as the channel brings them (channel::RtpParameters): which codecs, repairs,
// feedback and header extensions were negotiated.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/channel/messages.gen.hpp"
#include "core/router/inbound_stream.hpp"
#include "core/rtp/extensions.hpp"

namespace sfu {

bool is_rtx(const channel::RtpCodecParameters& codec);
// The payload type that a retransmission codec repairs.
std::optional<uint8_t> associated_payload_type(const channel::RtpCodecParameters& codec);
const channel::RtpCodecParameters* find_codec(const channel::RtpParameters& rtp, uint32_t payload_type);
// The codec of an encoding: the one that it names, else the first that is not a repair.
const channel::RtpCodecParameters* media_codec(const channel::RtpParameters& rtp,
                                               const channel::RtpEncodingParameters& encoding);
const channel::RtpCodecParameters* rtx_codec_of(const channel::RtpParameters& rtp, uint32_t payload_type);
bool has_feedback(const channel::RtpCodecParameters& codec, std::string_view type,
                  std::string_view parameter);
bool has_parameter(const channel::RtpCodecParameters& codec, std::string_view name, std::string_view value);
struct LayerCounts {
  uint8_t spatial = 1;
  uint8_t temporal = 1;
};
// Of a scalability mode; one of each when it says nothing.
LayerCounts layer_counts_of(std::string_view mode);
std::vector<rtp::NegotiatedExtension> negotiated_extensions(const channel::RtpParameters& rtp);
InboundStream::Options stream_options(const channel::RtpParameters& rtp,
                                      const channel::RtpEncodingParameters& encoding, bool video);

}  // namespace sfu
