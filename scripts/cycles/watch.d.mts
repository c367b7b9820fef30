export type Watch = { inFlight: number; latest: object | undefined };
export type Counts = {
  routers: number;
  transports: number;
  producers: number;
  consumers: number;
  dataProducers: number;
  dataConsumers: number;
  rtpObservers: number;
  packetsInUse: number;
};

export function watchChannels(Channel: unknown): Watch;
export function startWatched<Worker, Control>(
  core: { createWorker(settings?: object): Promise<Worker> },
  Control: new (...args: never[]) => Control,
  watch: Watch,
  settings?: object,
): Promise<{ worker: Worker; control: Control }>;
export function countsOf(control: object): Promise<Counts>;
export function descriptorsOf(pid: number): number | undefined;
