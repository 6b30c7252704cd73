import * as Net from "node:net"
import type { Duplex } from "node:stream"

/**
 * TCP keep-alive: after 15 idle seconds the kernel probes the other end every 5 seconds, and breaks the connection
 * after 3 unanswered probes. So a peer whose host is gone is detected in half a minute. Node accepts interval and count
 * in recent versions such as Node 26; older versions ignore them and probe every second, 10 times. Windows supports
 * them from version 10.1709 on. Not measured: half a minute without a peer is shorter than people wait, and a packet in
 * 15 seconds is negligible for a network.
 */
const idle = 15_000
/** Milliseconds between two probes. Not measured: see above. */
const interval = 5000
/** Unanswered probes that break the connection. Not measured: see above. */
const count = 3

type SetKeepAlive = (enable: boolean, idle: number, interval: number, count: number) => unknown

/** Enables keep-alive. Does nothing for streams other than TCP. */
export const keepAlive = (socket: Duplex): void => {
  if (socket instanceof Net.Socket) (socket.setKeepAlive as SetKeepAlive).call(socket, true, idle, interval, count)
}
