import type { Admin } from 'kafkajs';
import { StreamcellError } from '../types/index.js';

/** What a reader asks of a cluster before it begins: partitions, and offsets by position, time and group. */

const PATIENCE = 10_000;

/** Repeats what fails for a reason that passes: a coordinator that moves or loads, a leader that is being chosen. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const until = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() >= until || (error as { readonly retriable?: boolean }).retriable !== true) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

export async function topicMetadata(admin: Admin, topics: readonly string[]): Promise<Map<string, number[]>> {
  if (topics.length === 0) return new Map();
  try {
    const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] });
    return new Map(found.map((t) => [t.name, t.partitions.map((p) => p.partitionId).sort((a, b) => a - b)]));
  } catch (error) {
    throw new StreamcellError('KAFKA_TOPIC', `Topic ${topics.join(', ')}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

export async function offsetRange(
  admin: Admin,
  topic: string,
): Promise<Map<number, { readonly low: number; readonly high: number }>> {
  const offsets = await patiently(() => admin.fetchTopicOffsets(topic));
  return new Map(offsets.map((o) => [o.partition, { low: Number(o.low), high: Number(o.high) }]));
}

export async function offsetsAt(admin: Admin, topic: string, timestamp: number): Promise<Map<number, number>> {
  const offsets = await patiently(() => admin.fetchTopicOffsetsByTimestamp(topic, timestamp));
  return new Map(offsets.filter((o) => Number(o.offset) >= 0).map((o) => [o.partition, Number(o.offset)]));
}

export async function committedOffsets(admin: Admin, groupId: string, topic: string): Promise<Map<number, number>> {
  const [found] = await patiently(() => admin.fetchOffsets({ groupId, topics: [topic] }));
  return new Map(
    (found?.partitions ?? []).filter((p) => Number(p.offset) >= 0).map((p) => [p.partition, Number(p.offset)]),
  );
}
