// A worker whose channel is counted: messages and bytes each way.
import { Channel } from '../../lib/server/core/channel.js';
import { StreamPipe } from '../../lib/server/core/pipe.js';
import { Worker } from '../../lib/server/core/worker.js';
import { startProcess, startThread } from '../../lib/server/core/worker-host.js';
import { readWorkerSettings } from '../../lib/server/core/worker-settings.js';

/** The length before each message. */
const FRAME_HEAD = 4;

class CountedPipe {
  onMessage = () => {};
  onDrain = () => {};
  onClose = () => {};
  #pipe;

  constructor(pipe, counts) {
    this.#pipe = pipe;
    this.counts = counts;
    pipe.onMessage = (message) => {
      counts.messagesIn++;
      counts.bytesIn += message.length + FRAME_HEAD;
      this.onMessage(message);
    };
    pipe.onDrain = () => this.onDrain();
    pipe.onClose = (error) => this.onClose(error);
  }

  send(message) {
    this.counts.messagesOut++;
    this.counts.bytesOut += message.length + FRAME_HEAD;
    return this.#pipe.send(message);
  }

  close() {
    this.#pipe.close();
  }
}

export function startCounted(mode) {
  const host = mode === 'thread' ? startThread() : startProcess();
  const counts = { messagesOut: 0, bytesOut: 0, messagesIn: 0, bytesIn: 0 };
  const settings = readWorkerSettings({ mode });
  const channel = new Channel(new CountedPipe(new StreamPipe(host.channel), counts), settings.requestTimeout);
  return { mode, counts, worker: new Worker(host, channel, settings) };
}
