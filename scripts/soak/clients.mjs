/**
 * The clients of a run. Each has a method `open()`, and `close(kind)`, which
 * gives a promise; both may be called again and again.
 */

import WebSocket from '../../wrapper.mjs';
import { choosePayload, numberOf } from './payloads.mjs';

/**
 * Messages that a slow reader reads before it rests, and for how many milliseconds.
 * The server sends ten in that time. If less were read than is sent, or for some
 * time instead, pings would wait behind megabytes in the kernel, and the heartbeat
 * would be right to end the connection.
 */
const READ_AT_A_TIME = 12;
const RESTING = 1000;

/** A client in general: what it counts, and how it is closed. */
class Client {
  /**
   * @param {Object} run What the clients have in common: `url`, `counts` and
   *     a function `note(text)` that takes what must not happen
   * @param {number} index Its number
   */
  constructor(run, index) {
    this.run = run;
    this.index = index;
    this.ws = null;
    this.closing = null;
  }

  get isOpen() {
    return this.ws?.readyState === WebSocket.OPEN && this.closing === null;
  }

  /** @return {Promise<void>} Resolved when it is connected, or could not be */
  open() {
    const { index, run } = this;
    const ws = new WebSocket(`${run.url}${this.path}`, {
      localAddress: run.addresses[index % run.addresses.length],
      handshakeTimeout: 60000,
      perMessageDeflate: index % 5 === 4
    });

    this.ws = ws;
    this.closing = null;
    ws.on('error', (error) => run.note(`${this.path}: ${error.message}`));
    ws.on('message', (data, isBinary) => this.handle(data, isBinary));
    ws.on('close', (code, reason) => this.closed(code, String(reason)));
    run.counts.opened++;
    return new Promise((resolve) => {
      ws.once('open', resolve);
      ws.once('close', resolve);
    }).then(() => this.opened());
  }

  /**
   * @param {string} kind `close` or `terminate`
   * @return {Promise<void>} Resolved when it is closed
   */
  close(kind) {
    if (this.closing !== null) return this.closing.done;

    const { ws } = this;
    const done = new Promise((resolve) => ws.once('close', resolve));

    this.closing = { kind, done };
    if (ws.readyState === WebSocket.CLOSED) return Promise.resolve();
    if (kind === 'close') ws.close(1000);
    else ws.terminate();
    return done;
  }

  opened() {}

  closed(code, reason) {
    const { closing, path, run } = this;

    run.counts.closed++;

    if (closing === null) run.note(`${path}: closed with ${code} ${reason}`);
    else if (closing.kind === 'close' && code !== 1000) {
      run.note(`${path}: close(1000) led to ${code} ${reason}`);
    }
  }
}

/** Sends messages and compares what comes back. */
export class EchoClient extends Client {
  path = '/echo';
  expected = [];

  send() {
    const isText = this.index % 2 === 0;
    const payload = choosePayload(isText);

    this.expected.push({ payload, isText, sent: performance.now() });
    this.run.counts.sent++;
    this.ws.send(payload, { binary: !isText });
  }

  handle(data, isBinary) {
    const { run } = this;
    const { payload, isText, sent } = this.expected.shift() ?? {};

    if (payload?.equals(data) && isText === !isBinary) {
      run.counts.echoed++;
      run.latencies.push(performance.now() - sent);
    } else {
      run.note('/echo: an echo that was not sent');
    }
  }

  /** What was sent before close() has come back before the answer to it. */
  closed(code, reason) {
    const lost = this.expected.splice(0).length;

    if (this.closing?.kind === 'terminate') this.run.counts.givenUp += lost;
    else if (lost) this.run.note(`/echo: ${lost} messages have no echo`);
    super.closed(code, reason);
  }
}

/** Checks that numbered messages come without a gap. */
class SequenceClient extends Client {
  next = NaN;

  handle(data) {
    const number = numberOf(data);
    const { next, run } = this;

    if (number === next || (Number.isNaN(next) && number >= 0)) {
      run.counts.numbered++;
    } else {
      run.note(`${this.path}: message ${number} instead of ${next}`);
    }
    this.next = number + 1;
  }

  closed(code, reason) {
    this.next = NaN;
    super.closed(code, reason);
  }
}

/** Gets what the server sends to many. */
export class Watcher extends SequenceClient {
  path = '/watch';
}

/** Reads now and then. */
export class SlowReader extends SequenceClient {
  path = '/slow';
  read = 0;

  handle(data) {
    super.handle(data);
    if (++this.read % READ_AT_A_TIME === 0 && this.isOpen) this.rest(this.ws);
  }

  rest(ws) {
    ws.pause();
    setTimeout(() => ws.resume(), RESTING).unref();
  }

  /** Nothing can be closed cleanly that does not read. */
  close(kind) {
    this.ws.resume();
    return super.close(kind);
  }
}

/** Milliseconds after which a stuck reader looks what has become of it. */
const STUCK = 30_000;

/** Does not read until the server has ended the connection, and comes again. */
export class StuckReader extends Client {
  path = '/stuck';

  opened() {
    if (!this.isOpen) return;

    const { ws } = this;

    ws.pause();
    setTimeout(() => ws.resume(), STUCK).unref();
  }

  handle() {}

  closed(code, reason) {
    if (this.closing !== null || code !== 1006) {
      super.closed(code, reason);
      return;
    }

    this.run.counts.closed++;
    this.run.counts.thrownOut++;
    if (!this.run.isOver) this.open();
  }

  close() {
    return super.close('terminate');
  }
}
