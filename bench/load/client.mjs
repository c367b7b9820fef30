// One client of the server under test: a transport at each side, connected as a browser's is. What it sends and
// receives is made and checked by its generator.

const TRANSPORT_CC = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';

/** Of a client that gives no feedback on congestion: nothing to it is paced. */
export function withoutFeedback(capabilities) {
  return {
    codecs: capabilities.codecs.map((codec) => ({
      ...codec,
      rtcpFeedback: codec.rtcpFeedback.filter(
        ({ type }) => !['transport-cc', 'goog-remb', 'ack'].includes(type),
      ),
    })),
    headerExtensions: capabilities.headerExtensions.filter(({ uri }) => uri !== TRANSPORT_CC),
  };
}

export class Client {
  constructor(generator, router, near, far, program) {
    this.generator = generator;
    this.router = router;
    /** The generator's transport, which dials; the server's; and the one to sources and sinks. */
    this.near = near;
    this.far = far;
    this.program = program;
  }

  /** `router` is the server's. Resolves when media can flow. */
  static async join(generator, router) {
    const [near, far, program] = await Promise.all([
      generator.router.createWebRtcTransport({ listenInfos: generator.listenInfos(), enableTcp: false }),
      router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] }),
      generator.router.createDirectTransport(),
    ]);
    const client = new Client(generator, router, near, far, program);
    await client.#connect();
    return client;
  }

  async #connect() {
    const { near, far } = this;
    const connected = new Promise((resolve, reject) => {
      near.on('dtlsstatechange', (state) => {
        if (state === 'connected') resolve();
        if (state === 'failed' || state === 'closed') reject(new Error(`DTLS ${state}`));
      });
    });
    await far.connect({ dtlsParameters: { ...near.dtlsParameters, role: 'client' } });
    await near.connect({ dtlsParameters: { ...far.dtlsParameters, role: 'server' } });
    await near.dial(far);
    await connected;
  }

  /**
   * Sends a microphone: a packet every 20 ms.
   *
   * @returns the server's producer
   */
  publishAudio({ phase = 0, feedback = true } = {}) {
    const ssrc = this.generator.newSsrc();
    const codec = { mimeType: 'audio/opus', payloadType: 111, clockRate: 48000, channels: 2 };
    const source = { video: false, payloadType: 111, interval: 20_000, phase, encodings: [{ ssrc }] };
    return this.#publish('audio', codec, source, feedback);
  }

  /**
   * Sends a camera, 30 pictures a second. Each of `encodings` has a mean `bitrate`, or so many full `packets` a picture.
   *
   * @returns the server's producer
   */
  publishVideo({ encodings, temporalLayers = 1, phase = 0, feedback = true }) {
    const rtcpFeedback = [
      { type: 'nack' },
      { type: 'nack', parameter: 'pli' },
      { type: 'ccm', parameter: 'fir' },
    ];
    const codec = { mimeType: 'video/VP8', payloadType: 96, clockRate: 90000, rtcpFeedback };
    const each = encodings.map((encoding) => ({
      ssrc: this.generator.newSsrc(),
      temporalLayers,
      ...encoding,
    }));
    const source = { video: true, payloadType: 96, interval: 33_333, phase, encodings: each };
    return this.#publish('video', codec, source, feedback);
  }

  async #publish(kind, codec, source, feedback) {
    const encodings = source.encodings.map(({ ssrc, temporalLayers = 1 }) => ({
      ssrc,
      ...(temporalLayers > 1 && { scalabilityMode: `L1T${temporalLayers}` }),
    }));
    const { rtpCapabilities } = this.generator.router;
    const made = await this.program.produce({ kind, rtpParameters: { codecs: [codec], encodings } });
    const sent = await this.near.consume({
      producerId: made.id,
      rtpCapabilities: feedback ? rtpCapabilities : withoutFeedback(rtpCapabilities),
      // All encodings, not one of them.
      pipe: encodings.length > 1,
    });
    const { rtpParameters } = sent;
    const producer = await this.far.produce({ kind, rtpParameters });
    await this.generator.control.startSource({
      producer: this.generator.handleOf(made),
      ...source,
      encodings: source.encodings.map(({ ssrc, bitrate = 0, packets = 0, temporalLayers = 1 }) => ({
        ...{ ssrc, bitrate, packets, temporalLayers },
      })),
    });
    return producer;
  }

  /**
   * Receives and checks a producer of the server.
   *
   * @returns the server's consumer
   */
  async watch(producer, { feedback = true } = {}) {
    const { rtpCapabilities } = this.router;
    const consumer = await this.far.consume({
      producerId: producer.id,
      rtpCapabilities: feedback ? rtpCapabilities : withoutFeedback(rtpCapabilities),
      paused: true,
    });
    const { kind, rtpParameters } = consumer;
    const arriving = await this.near.produce({ kind, rtpParameters });
    await this.generator.check(this.program, arriving);
    await consumer.resume();
    return consumer;
  }

  close() {
    for (const transport of [this.near, this.far, this.program]) transport.close();
  }
}
