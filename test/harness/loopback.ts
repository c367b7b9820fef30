/** Two connections of one page, the first sending the given tracks to the second. */
export type Loopback = {
  sender: RTCPeerConnection;
  receiver: RTCPeerConnection;
  /** The received track for each sent one. */
  received: MediaStreamTrack[];
  close(): void;
};

/** Connects a page to itself, without a server between. */
export async function loopback(tracks: MediaStreamTrack[]): Promise<Loopback> {
  const [sender, receiver] = [new RTCPeerConnection(), new RTCPeerConnection()];
  exchangeCandidates(sender, receiver);
  exchangeCandidates(receiver, sender);
  const transceivers = tracks.map((track) => sender.addTransceiver(track, { direction: 'sendonly' }));
  const connected = connection(sender);
  await sender.setLocalDescription();
  await receiver.setRemoteDescription(sender.localDescription!);
  await receiver.setLocalDescription();
  await sender.setRemoteDescription(receiver.localDescription!);
  await connected;
  const byMid = new Map(receiver.getTransceivers().map((each) => [each.mid, each.receiver.track]));
  const close = (): void => {
    sender.close();
    receiver.close();
  };
  return { sender, receiver, received: transceivers.map(({ mid }) => byMid.get(mid)!), close };
}

function exchangeCandidates(from: RTCPeerConnection, to: RTCPeerConnection): void {
  const early: RTCIceCandidate[] = [];
  from.addEventListener('icecandidate', ({ candidate }) => {
    if (!candidate) return;
    if (to.remoteDescription) void to.addIceCandidate(candidate);
    else early.push(candidate);
  });
  to.addEventListener('signalingstatechange', () =>
    early.splice(0).forEach((candidate) => void to.addIceCandidate(candidate)),
  );
}

function connection(sender: RTCPeerConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    sender.addEventListener('connectionstatechange', () => {
      if (sender.connectionState === 'connected') resolve();
      if (sender.connectionState === 'failed') reject(new Error('ICE or DTLS failed'));
    });
  });
}
