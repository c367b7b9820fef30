import { DataConsumer, type DataConsumerStat, toDataConsumerStats } from './data-consumer.js';
import { DataProducer, type DataProducerStat, toDataProducerStats } from './data-producer.js';
import { entityOf } from './entity.js';
import type { Scope } from './scope.js';
import { type RtpStreamStat, toRtpStreamStats } from './stats.js';
import { type TransportStat, toTransportStats } from './transport.js';

/** What `getStats()` of the object with that id gives. */
export type StatsOf<S> = { id: string; stats: S[] };

/** What `getStats()` of every object gives, of a router or of a whole worker. */
export type AllStats = {
  transports: StatsOf<TransportStat>[];
  producers: StatsOf<RtpStreamStat>[];
  consumers: StatsOf<RtpStreamStat>[];
  dataProducers: StatsOf<DataProducerStat>[];
  dataConsumers: StatsOf<DataConsumerStat>[];
};

/** Asks once for all below `scope`: a router's, or the worker's. */
export async function readAllStats(scope: Scope): Promise<AllStats> {
  const all = await scope.control.getAllStats({ router: scope.handle });
  /** Without what is closed here already, or still being made. */
  const of = <S>(handle: number, read: (entity: unknown, its: Scope) => S[] | undefined): StatsOf<S>[] => {
    const its = scope.find(handle);
    const entity = its && entityOf(its);
    const stats = entity ? read(entity, its) : undefined;
    return its && stats ? [{ id: its.id, stats }] : [];
  };
  return {
    transports: all.transports.flatMap(({ transport, stats }) =>
      of(transport, (_, its) => stats && toTransportStats(its, stats)),
    ),
    producers: all.producers.flatMap(({ target, streams }) => of(target, () => toRtpStreamStats(streams))),
    consumers: all.consumers.flatMap(({ target, streams }) => of(target, () => toRtpStreamStats(streams))),
    dataProducers: all.dataProducers.flatMap(({ dataProducer, stats }) =>
      of(dataProducer, (entity) =>
        entity instanceof DataProducer && stats ? toDataProducerStats(entity, stats) : undefined,
      ),
    ),
    dataConsumers: all.dataConsumers.flatMap(({ dataConsumer, stats }) =>
      of(dataConsumer, (entity) =>
        entity instanceof DataConsumer && stats ? toDataConsumerStats(entity, stats) : undefined,
      ),
    ),
  };
}
