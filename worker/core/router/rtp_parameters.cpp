#include "core/router/rtp_parameters.hpp"

#include <algorithm>
#include <charconv>

namespace sfu {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

bool is_rtx(const channel::RtpCodecParameters& codec) {
  const std::string_view mime = codec.mime_type;
  const size_t slash = mime.find('/');
  return slash != mime.npos && equal_ignoring_case(mime.substr(slash + 1), "rtx");
}

std::optional<uint8_t> associated_payload_type(const channel::RtpCodecParameters& codec) {
  for (const auto& [name, value] : codec.parameters) {
    uint8_t payload_type = 0;
    if (name != "apt") continue;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), payload_type);
    if (read.ec == std::errc{} && payload_type < 128) return payload_type;
  }
  return std::nullopt;
}

const channel::RtpCodecParameters* find_codec(const channel::RtpParameters& rtp, uint32_t payload_type) {
  const auto found = std::ranges::find(rtp.codecs, payload_type, &channel::RtpCodecParameters::payload_type);
  return found == rtp.codecs.end() ? nullptr : &*found;
}

const channel::RtpCodecParameters* media_codec(const channel::RtpParameters& rtp,
                                               const channel::RtpEncodingParameters& encoding) {
  if (encoding.codec_payload_type)
    if (const auto* named = find_codec(rtp, *encoding.codec_payload_type)) return named;
  const auto found = std::ranges::find_if_not(rtp.codecs, is_rtx);
  return found == rtp.codecs.end() ? nullptr : &*found;
}

const channel::RtpCodecParameters* rtx_codec_of(const channel::RtpParameters& rtp, uint32_t payload_type) {
  const auto found = std::ranges::find_if(rtp.codecs, [&](const channel::RtpCodecParameters& codec) {
    return is_rtx(codec) && associated_payload_type(codec) == payload_type;
  });
  return found == rtp.codecs.end() ? nullptr : &*found;
}

bool has_feedback(const channel::RtpCodecParameters& codec, std::string_view type,
                  std::string_view parameter) {
  return std::ranges::any_of(codec.rtcp_feedback, [&](const channel::RtcpFeedback& feedback) {
    return feedback.type == type && feedback.parameter == parameter;
  });
}

bool has_parameter(const channel::RtpCodecParameters& codec, std::string_view name, std::string_view value) {
  return std::ranges::any_of(codec.parameters,
                             [&](const auto& entry) { return entry.first == name && entry.second == value; });
}

// https://www.w3.org/TR/webrtc-svc/#scalabilitymodes*: L or S, spatial layers, T, temporal layers.
LayerCounts layer_counts_of(std::string_view mode) {
  const auto digit = [](char c) { return static_cast<uint8_t>(c > '0' && c <= '9' ? c - '0' : 1); };
  if (mode.size() < 4 || (mode[0] != 'L' && mode[0] != 'S') || mode[2] != 'T') return {};
  return {digit(mode[1]), digit(mode[3])};
}

std::vector<rtp::NegotiatedExtension> negotiated_extensions(const channel::RtpParameters& rtp) {
  std::vector<rtp::NegotiatedExtension> out;
  for (const channel::RtpHeaderExtensionParameters& extension : rtp.header_extensions) {
    const auto kind = rtp::extension_of(extension.uri);
    const bool valid = extension.id >= 1 && extension.id <= 255 && extension.id != 15;  // RFC 8285, 4.2
    if (kind && valid) out.push_back({*kind, static_cast<uint8_t>(extension.id)});
  }
  return out;
}

InboundStream::Options stream_options(const channel::RtpParameters& rtp,
                                      const channel::RtpEncodingParameters& encoding, bool video) {
  InboundStream::Options options{.rid = encoding.rid.value_or(""), .ssrc = encoding.ssrc, .video = video};
  if (encoding.rtx) options.rtx_ssrc = encoding.rtx->ssrc;
  const channel::RtpCodecParameters* codec = media_codec(rtp, encoding);
  if (!codec) return options;
  options.mime_type = codec->mime_type;
  options.payload_type = static_cast<uint8_t>(codec->payload_type & 0x7f);
  options.clock_rate = codec->clock_rate > 0 ? codec->clock_rate : 90000;
  options.nack = has_feedback(*codec, "nack", "");
  options.pli = has_feedback(*codec, "nack", "pli");
  options.fir = has_feedback(*codec, "ccm", "fir");
  options.in_band_fec = has_parameter(*codec, "useinbandfec", "1");
  const LayerCounts layers = layer_counts_of(encoding.scalability_mode.value_or(""));
  options.spatial_layers = layers.spatial;
  options.temporal_layers = layers.temporal;
  options.dtx = encoding.dtx.value_or(false) || has_parameter(*codec, "usedtx", "1");
  if (const auto* rtx = rtx_codec_of(rtp, codec->payload_type))
    options.rtx_payload_type = static_cast<uint8_t>(rtx->payload_type & 0x7f);
  return options;
}

}  // namespace sfu
