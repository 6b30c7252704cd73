import * as Cause from "effect/Cause"
import type { Message } from "../../Message/index.ts"
import type { Anomalies } from "./Anomalies.ts"

/**
 * Stands around each message that a client receives or sends: replies, informs and requests of the device, requests
 * of the client and its answers. `next` handles or sends the message as without the hook; the message is dropped if the
 * hook does not call `next` before it returns. A request that is dropped on its way out times out.
 *
 * The hook runs within the reading or writing of the connection, so it should be quick. The message may be kept. If the
 * hook throws, that is logged and the message goes on. Lines that are no messages do not come here.
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

/** Calls a hook so that a message goes on once, at once, or not at all. */
export class MessageHook {
  private readonly hook: OnMessage
  private readonly anomalies: Anomalies

  constructor(hook: OnMessage, anomalies: Anomalies) {
    this.hook = hook
    this.anomalies = anomalies
  }

  pass(message: Message, way: "received" | "sent", go: () => void): void {
    let isDue = true
    const next = () => {
      if (!isDue) return
      isDue = false
      go()
    }
    try {
      this.hook(message, next, way)
    } catch (defect) {
      this.anomalies.again("Error", "onMessage", () => `onMessage failed: ${Cause.pretty(Cause.die(defect))}`)
      next()
    }
    // what was received is not there any more when this returns
    isDue = false
  }
}
