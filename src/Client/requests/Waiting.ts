import { type KatcpError, TimedOut } from "../../Message/index.ts"
import type { Core } from "../Core.ts"
import type { Connection } from "../connection/Connection.ts"
import { Timed } from "../connection/Deadlines.ts"
import type { Link } from "../connection/Link.ts"
import type { WhichTimeout } from "../connection/RequestTable.ts"

/** A request that waits for a connection. Its time starts at the call. */
class Waiting extends Timed {
  readonly timeout: number
  private readonly link: Link
  private readonly onReady: () => void
  private readonly onTimeout: () => void
  private cancel: (() => void) | undefined = undefined

  /** `onReady` is called when there is a connection, or when there will be no more. */
  constructor(link: Link, timeout: number, onReady: () => void, onTimeout: () => void) {
    super()
    this.link = link
    this.timeout = timeout
    this.onReady = onReady
    this.onTimeout = onTimeout
    this.wait()
  }

  /** Takes its place after the waiting requests. */
  private wait(): void {
    this.cancel = this.link.whenConnected(() => {
      // an earlier request may have lost the connection again
      if (this.link.current === undefined && !this.link.isClosed) this.wait()
      else this.onReady()
    })
  }

  stop(): void {
    this.cancel?.()
  }

  expire(): void {
    this.stop()
    this.onTimeout()
  }
}

/**
 * Handles a request made without a connection: it fails, or uses the next one, in the order of the calls. Returns a
 * function that ends the wait.
 */
export const waitForConnection = (
  core: Core,
  link: Link,
  name: string,
  limit: { readonly timeout: number; readonly which: WhichTimeout },
  then: {
    /** Called when there is a connection, with the elapsed milliseconds. */
    readonly send: (connection: Connection, waited: number) => void
    readonly fail: (error: KatcpError) => void
  }
): (() => void) => {
  const { deadlines } = core
  if (core.options.onDisconnected === "fail" || link.isClosed) {
    then.fail(core.notSent(name, link.absence))
    return () => {}
  }
  const began = deadlines.now()
  const onTimeout = () => then.fail(core.notSent(name, new TimedOut(limit), limit.timeout))
  const onReady = () => {
    deadlines.remove(waiting)
    const waited = deadlines.now() - began
    if (link.current === undefined) then.fail(core.notSent(name, link.absence, waited))
    else if (waited < limit.timeout) then.send(link.current, waited)
    else onTimeout()
  }
  const waiting = new Waiting(link, limit.timeout, onReady, onTimeout)
  deadlines.add(waiting, began)
  return () => {
    deadlines.remove(waiting)
    waiting.stop()
  }
}
