/**
 * What the rooms use of the core, so that their tests can do with a small imitation of it.
 */
import type {
  MediaKind,
  RouterRtpCodecCapability,
  RtpCapabilities,
  RtpParameters,
  SctpStreamParameters,
} from '../../shared/rtp/rtp-parameters.js';
import type { DtlsState, IceState } from '../../shared/signalling/messages.js';
import type { DtlsParameters, IceCandidate, IceParameters } from '../../shared/transport-parameters.js';
import type { TransportListenInfo } from '../core/listen-info.js';
import type { TransportTuple } from '../core/stats.js';
import type { WorkerUpdateableSettings } from '../core/worker-settings.js';

type Layers = { spatialLayer: number; temporalLayer?: number };

/** 0 to 10: of what is sent, and of each of the producer's streams. */
type ConsumerScore = { score: number; producerScores: number[] };

/** As the core's classes document them. */
export type Stats = object[];

export type CoreWorker = {
  readonly closed: boolean;
  readonly pid: number;
  close(): void;
  createRouter(options: { mediaCodecs: RouterRtpCodecCapability[] }): Promise<CoreRouter>;
  updateSettings(settings: WorkerUpdateableSettings): Promise<void>;
  dump(): Promise<object>;
  on(event: 'died', listener: (error: Error) => void): unknown;
  on(event: 'subprocessclose', listener: () => void): unknown;
};

export type CoreRouter = {
  readonly rtpCapabilities: RtpCapabilities;
  close(): void;
  canConsume(options: { producerId: string; rtpCapabilities: RtpCapabilities }): boolean;
  createWebRtcTransport(options: {
    listenInfos: TransportListenInfo[];
    enableSctp: true;
  }): Promise<CoreTransport>;
  createDirectTransport(): Promise<CoreDirectTransport>;
  /** Once for each producer and router, however often it is asked. */
  pipeToRouter(options: {
    producerId?: string;
    dataProducerId?: string;
    router: CoreRouter;
  }): Promise<unknown>;
  on(event: 'workerclose', listener: () => void): unknown;
};

export type CoreTransport = {
  readonly iceParameters: IceParameters;
  readonly iceCandidates: IceCandidate[];
  readonly iceState: IceState;
  readonly iceSelectedTuple?: TransportTuple | undefined;
  readonly dtlsParameters: DtlsParameters;
  readonly dtlsState: DtlsState;
  readonly dtlsRemoteCert?: string | undefined;
  readonly sctpParameters?: { port: number; maxMessageSize: number } | undefined;
  close(): void;
  connect(options: { dtlsParameters: DtlsParameters }): Promise<void>;
  restartIce(): Promise<IceParameters>;
  setMaxIncomingBitrate(bitrate: number): Promise<void>;
  getStats(): Promise<Stats>;
  produce(options: { kind: MediaKind; rtpParameters: RtpParameters; paused: boolean }): Promise<CoreProducer>;
  consume(options: {
    producerId: string;
    rtpCapabilities: RtpCapabilities;
    paused: boolean;
    allocation: { tier: number };
  }): Promise<CoreConsumer>;
  produceData(options: { sctpStreamParameters: SctpStreamParameters }): Promise<CoreDataProducer>;
  consumeData(options: DataDelivery & { dataProducerId: string; paused: true }): Promise<CoreDataConsumer>;
  on(event: 'icestatechange', listener: (state: IceState) => void): unknown;
  on(event: 'iceselectedtuplechange', listener: (tuple: TransportTuple) => void): unknown;
  on(event: 'dtlsstatechange', listener: (state: DtlsState) => void): unknown;
};

/** The end of data that this program has. */
export type CoreDirectTransport = {
  produceData(): Promise<CoreDirectDataProducer>;
  consumeData(options: { dataProducerId: string }): Promise<CoreDirectDataConsumer>;
};

/** How a data consumer sends. */
export type DataDelivery = { ordered?: boolean; maxRetransmits?: number };

export type CoreDataProducer = { readonly id: string; close(): void };

export type CoreDirectDataProducer = CoreDataProducer & { send(message: string | Buffer): void };

export type CoreDirectDataConsumer = {
  close(): void;
  on(event: 'message', listener: (message: Buffer, ppid: number) => void): unknown;
};

export type CoreDataConsumer = {
  readonly sctpStreamParameters?: SctpStreamParameters | undefined;
  close(): void;
  resume(): Promise<void>;
  send(message: string | Buffer): Promise<number>;
  on(event: 'sctpsendbufferfull', listener: () => void): unknown;
  on(event: 'bufferedamountlow', listener: () => void): unknown;
};

export type CoreProducer = {
  readonly id: string;
  readonly rtpParameters: RtpParameters;
  close(): void;
  pause(): Promise<void>;
  resume(): Promise<void>;
  getStats(): Promise<Stats>;
  on(event: 'score', listener: (scores: { score: number }[]) => void): unknown;
};

export type CoreConsumer = {
  readonly rtpParameters: RtpParameters;
  readonly currentLayers?: Layers | undefined;
  close(): void;
  pause(): Promise<void>;
  resume(): Promise<void>;
  setPreferredLayers(layers: Layers): Promise<void>;
  setAllocation(allocation: { tier: number }): Promise<void>;
  requestKeyFrame(): Promise<void>;
  getStats(): Promise<Stats>;
  on(event: 'layerschange', listener: (layers: Layers | undefined) => void): unknown;
  on(event: 'score', listener: (score: ConsumerScore) => void): unknown;
};
