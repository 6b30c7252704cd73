import * as Net from "node:net"
import type { Duplex } from "node:stream"

/**
 * The keep-alive of TCP: on a connection that carries nothing for 15 seconds the kernel asks the other end, every 5
 * seconds, and breaks the connection when 3 questions had no answer. So a peer whose host is gone is found in half a
 * minute. Interval and count take a Node that has these parameters, as Node 26 does; older ones ignore them, and ask
 * every second, 10 times. Windows takes them from version 10.1709 on.
 * Not measured: half a minute without a peer is shorter than people wait, and a packet in 15 seconds is nothing for a network.
 */
const idle = 15_000
/** Milliseconds between two questions. Not measured: see above. */
const interval = 5000
/** Questions without an answer that break the connection. Not measured: see above. */
const count = 3

type SetKeepAlive = (enable: boolean, idle: number, interval: number, count: number) => unknown

/** Turns keep-alive on. Does nothing to what is no TCP. */
export const keepAlive = (socket: Duplex): void => {
  if (socket instanceof Net.Socket) (socket.setKeepAlive as SetKeepAlive).call(socket, true, idle, interval, count)
}
