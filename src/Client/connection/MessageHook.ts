import * as Cause from "effect/Cause"
import type { Message } from "../../Message/index.ts"
import type { Anomalies } from "./Anomalies.ts"

/**
 * A hook that is called with each message that a client receives or sends: replies, informs and requests of the
 * device, requests of the client and its answers. `next` handles or sends the message as without the hook. If the hook
 * returns without calling `next`, the message is dropped. An outgoing request that is dropped times out.
 *
 * The hook runs while the connection is read or written, so it must be quick. It may keep the message. If the hook
 * throws, the error is logged and the message is handled as usual. It is not called with malformed lines.
 *
 * @example
 * ```ts
 * import type { Client } from "katcp"
 *
 * // shows all traffic, and keeps the device's log away from everything else
 * export const onMessage: Client.OnMessage = (message, next, way) => {
 *   console.log(way === "sent" ? "->" : "<-", String(message))
 *   if (message.kind !== "inform" || message.name !== "log") next()
 * }
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export type OnMessage = (message: Message, next: () => void, way: "received" | "sent") => void

/** Calls the hook, and handles each message at most once. */
export class MessageHook {
  private readonly hook: OnMessage
  private readonly anomalies: Anomalies

  constructor(hook: OnMessage, anomalies: Anomalies) {
    this.hook = hook
    this.anomalies = anomalies
  }

  /** Calls the hook with a message, which `handle` handles or sends. */
  pass(message: Message, way: "received" | "sent", handle: () => void): void {
    let isPending = true
    const next = () => {
      if (!isPending) return
      isPending = false
      handle()
    }
    try {
      this.hook(message, next, way)
    } catch (defect) {
      this.anomalies.again("Error", "onMessage", () => `onMessage failed: ${Cause.pretty(Cause.die(defect))}`)
      next()
    }
    // the bytes of a received message are invalid after this function
    isPending = false
  }
}
