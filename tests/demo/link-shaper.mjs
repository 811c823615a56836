/**
 * A link with a delay, a bandwidth and an off switch: a TCP proxy on loopback.
 *
 * The browser talks to the gateway through it, so that the router measures a link that the test
 * decides. Each direction is one pipe shared by all connections, as a radio link is: bytes queue
 * for the bandwidth and then travel for the delay.
 */

import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** @typedef {{oneWayDelayMillis: number, bytesPerSecond: number}} Shape */

/** @type {Record<"normal" | "slow", Shape>} */
export const SHAPES = {
  normal: { oneWayDelayMillis: 10, bytesPerSecond: Infinity },
  slow: { oneWayDelayMillis: 1100, bytesPerSecond: 32 * 1024 },
};

/** Small enough that two connections share a slow pipe fairly. */
const PIECE_BYTES = 4 * 1024;
/** Timers wake up so late; a pipe that was busy until then makes up for it. */
const TIMER_MILLIS = 5;

export class LinkShaper {
  /** Bytes seen since the link was opened: what the browser really sent and received. */
  sentBytes = 0;
  receivedBytes = 0;
  connections = 0;

  /** @type {Set<net.Socket>} */
  #sockets = new Set();
  /** When each direction's pipe is free again, in milliseconds of `performance.now`. */
  #free = { up: 0, down: 0 };
  #server;
  #targetPort;
  #port = 0;
  #shape = SHAPES.normal;

  /** @param {number} targetPort */
  constructor(targetPort) {
    this.#targetPort = targetPort;
    this.#server = net.createServer({ pauseOnConnect: true }, (browser) => this.#join(browser));
  }

  /** Opens the link on `port`, or on any free one. */
  async open(port = this.#port) {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = /** @type {net.AddressInfo} */ (this.#server.address()).port;
    return this;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** @param {Shape} shape */
  shape(shape) {
    this.#shape = shape;
    this.#free = { up: 0, down: 0 };
  }

  /** Drops every connection and refuses new ones until `open` is called again. */
  async cut() {
    const closed = this.#server.listening && once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  /** @param {net.Socket} browser */
  #join(browser) {
    const gateway = net.connect(this.#targetPort, "127.0.0.1");
    this.connections += 1;
    for (const [socket, other] of [[browser, gateway], [gateway, browser]]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => other.destroy());
      socket.on("close", () => this.#sockets.delete(socket));
    }
    void this.#carry(browser, gateway, "up");
    void this.#carry(gateway, browser, "down");
  }

  /**
   * Moves bytes one way. Reading runs ahead of delivery by one delay, so the delay costs time
   * but no bandwidth.
   * @param {net.Socket} from @param {net.Socket} to @param {"up" | "down"} direction
   */
  async #carry(from, to, direction) {
    /** @type {Promise<void>} */
    let delivered = Promise.resolve();
    try {
      for await (const chunk of from) {
        for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
          if (to.destroyed) return from.destroy();
          const piece = chunk.subarray(start, start + PIECE_BYTES);
          this.#count(direction, piece.length);
          const sentAt = this.#reserve(direction, piece.length);
          const arrivesAt = sentAt + this.#shape.oneWayDelayMillis;
          delivered = delivered.then(() => deliver(to, piece, arrivesAt));
          await until(sentAt);
        }
      }
      await delivered;
      to.end();
    } catch {
      to.destroy();
    }
  }

  /** @param {"up" | "down"} direction @param {number} bytes */
  #count(direction, bytes) {
    if (direction === "up") this.sentBytes += bytes;
    else this.receivedBytes += bytes;
  }

  /**
   * Takes the pipe for `bytes` and tells when the last of them has entered it.
   * @param {"up" | "down"} direction @param {number} bytes
   */
  #reserve(direction, bytes) {
    const [now, free] = [performance.now(), this.#free[direction]];
    const begins = now - free < TIMER_MILLIS ? free : now;
    this.#free[direction] = begins + (1000 * bytes) / this.#shape.bytesPerSecond;
    return this.#free[direction];
  }
}

/** @param {number} time in milliseconds of `performance.now` */
async function until(time) {
  const millis = time - performance.now();
  if (millis > 0) await sleep(millis);
}

/** @param {net.Socket} to @param {Buffer} piece @param {number} arrivesAt */
async function deliver(to, piece, arrivesAt) {
  await until(arrivesAt);
  if (to.destroyed || to.write(piece)) return;
  // A socket that fails meanwhile has its own listener for that; here it only stops the wait.
  await Promise.race([once(to, "drain"), once(to, "close")]).catch(() => {});
}
