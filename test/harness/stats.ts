/** What one receiver of video has seen since it began; fields that a browser does not measure are undefined. */
export type InboundVideo = {
  framesDecoded: number;
  framesDropped: number;
  freezeCount: number | undefined;
  totalFreezesDuration: number | undefined;
  packetsReceived: number;
  packetsLost: number;
  bytesReceived: number;
  frameWidth: number | undefined;
  frameHeight: number | undefined;
  keyFramesDecoded: number | undefined;
  pliCount: number | undefined;
  nackCount: number | undefined;
};

export type InboundAudio = {
  packetsReceived: number;
  packetsLost: number;
  /** Of the newest sound, 0 to 1, linear. */
  audioLevel: number;
  /** Grows by the square of the level, second by second; see `totalSamplesDuration`. */
  totalAudioEnergy: number;
  totalSamplesDuration: number;
  concealedSamples: number | undefined;
};

/** One encoding of one sender. */
export type OutboundVideo = {
  rid: string | undefined;
  framesEncoded: number;
  packetsSent: number;
  bytesSent: number;
  frameWidth: number | undefined;
  frameHeight: number | undefined;
  scalabilityMode: string | undefined;
  qualityLimitationReason: string | undefined;
};

/** The way that packets take. */
export type SelectedPair = {
  /** Seconds. */
  currentRoundTripTime: number | undefined;
  /** Bits a second. */
  availableOutgoingBitrate: number | undefined;
  local: { address: string; port: number; protocol: string };
  remote: { address: string; port: number; protocol: string };
};

/** Undefined until the first packet. */
export async function inboundVideo(
  connection: RTCPeerConnection,
  track: MediaStreamTrack,
): Promise<InboundVideo | undefined> {
  const stats = await inbound(connection, track);
  return (
    stats && {
      framesDecoded: stats['framesDecoded'] ?? 0,
      framesDropped: stats['framesDropped'] ?? 0,
      freezeCount: stats['freezeCount'],
      totalFreezesDuration: stats['totalFreezesDuration'],
      packetsReceived: stats['packetsReceived'] ?? 0,
      packetsLost: stats['packetsLost'] ?? 0,
      bytesReceived: stats['bytesReceived'] ?? 0,
      frameWidth: stats['frameWidth'],
      frameHeight: stats['frameHeight'],
      keyFramesDecoded: stats['keyFramesDecoded'],
      pliCount: stats['pliCount'],
      nackCount: stats['nackCount'],
    }
  );
}

/** Undefined until the first packet. */
export async function inboundAudio(
  connection: RTCPeerConnection,
  track: MediaStreamTrack,
): Promise<InboundAudio | undefined> {
  const stats = await inbound(connection, track);
  return (
    stats && {
      packetsReceived: stats['packetsReceived'] ?? 0,
      packetsLost: stats['packetsLost'] ?? 0,
      audioLevel: stats['audioLevel'] ?? 0,
      totalAudioEnergy: stats['totalAudioEnergy'] ?? 0,
      totalSamplesDuration: stats['totalSamplesDuration'] ?? 0,
      concealedSamples: stats['concealedSamples'],
    }
  );
}

/** Sorted by RID: browsers report encodings in no order. */
export async function outboundVideo(
  connection: RTCPeerConnection,
  track: MediaStreamTrack,
): Promise<OutboundVideo[]> {
  const sender = connection.getSenders().find((each) => each.track === track);
  const encodings = records(await sender?.getStats()).filter((each) => each['type'] === 'outbound-rtp');
  return encodings
    .map((stats) => ({
      rid: stats['rid'],
      framesEncoded: stats['framesEncoded'] ?? 0,
      packetsSent: stats['packetsSent'] ?? 0,
      bytesSent: stats['bytesSent'] ?? 0,
      frameWidth: stats['frameWidth'],
      frameHeight: stats['frameHeight'],
      scalabilityMode: stats['scalabilityMode'],
      qualityLimitationReason: stats['qualityLimitationReason'],
    }))
    .sort((a, b) => (a.rid ?? '').localeCompare(b.rid ?? ''));
}

/** Undefined until ICE has chosen. */
export async function selectedPair(connection: RTCPeerConnection): Promise<SelectedPair | undefined> {
  const report = await connection.getStats();
  const all = records(report);
  const chosen = all.find((each) => each['type'] === 'transport')?.['selectedCandidatePairId'];
  // Firefox has no transport record, but marks the pair.
  const pair = chosen
    ? record(report, chosen)
    : all.find((each) => each['type'] === 'candidate-pair' && each['selected']);
  return (
    pair && {
      currentRoundTripTime: pair['currentRoundTripTime'],
      availableOutgoingBitrate: pair['availableOutgoingBitrate'],
      local: endpoint(record(report, pair['localCandidateId'])),
      remote: endpoint(record(report, pair['remoteCandidateId'])),
    }
  );
}

// biome-ignore lint/suspicious/noExplicitAny: a statistics record has whatever fields its browser gives it
type Stats = Record<string, any>;

function records(report: RTCStatsReport | undefined): Stats[] {
  const all: Stats[] = [];
  report?.forEach((each: Stats) => {
    all.push(each);
  });
  return all;
}

function record(report: RTCStatsReport, id: string): Stats | undefined {
  return records(report).find((each) => each['id'] === id);
}

async function inbound(connection: RTCPeerConnection, track: MediaStreamTrack): Promise<Stats | undefined> {
  const receiver = connection.getReceivers().find((each) => each.track === track);
  return records(await receiver?.getStats()).find((each) => each['type'] === 'inbound-rtp');
}

function endpoint(candidate: Stats | undefined): { address: string; port: number; protocol: string } {
  return {
    address: candidate?.['address'] ?? '',
    port: candidate?.['port'] ?? 0,
    protocol: candidate?.['protocol'] ?? '',
  };
}
