/** `consomme/core/ortc`: the pure functions of capability negotiation. */
import { encodeRtpMapping } from '../../shared/channel/messages.gen.js';
import type { RtpMapping } from '../../shared/rtp/rtp-parameters.js';

export {
  canConsume,
  generateRouterRtpCapabilities,
  getConsumableRtpParameters,
  getConsumerRtpParameters,
  getPipeConsumerRtpParameters,
  getProducerRtpParametersMapping,
} from '../../shared/rtp/negotiate.js';
export {
  validateAndNormalizeRtpCapabilities,
  validateAndNormalizeRtpParameters,
  validateAndNormalizeSctpStreamParameters,
} from '../../shared/rtp/validate.js';

/** A mapping as the worker gets it: the message RtpMapping of worker/protocol/control.proto. */
export function serializeRtpMapping(rtpMapping: RtpMapping): Uint8Array {
  return encodeRtpMapping(rtpMapping);
}
