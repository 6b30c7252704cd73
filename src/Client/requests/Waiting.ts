import { Timed } from "../connection/Deadlines.ts"
import type { Link } from "../connection/Link.ts"

/** A request that waits for a connection. Its time runs from the call on. */
export class Waiting extends Timed {
  readonly timeout: number
  private readonly link: Link
  private readonly go: () => void
  private readonly late: () => void
  private forget: (() => void) | undefined = undefined

  /** `go` is called when there is a connection, or never will be; `late` where that takes too long. */
  constructor(link: Link, timeout: number, go: () => void, late: () => void) {
    super()
    this.link = link
    this.timeout = timeout
    this.go = go
    this.late = late
    this.wait()
  }

  /** Takes its place behind those who wait already. */
  private wait(): void {
    this.forget = this.link.whenConnected(() => {
      // one that went before it may have lost the connection again
      if (this.link.current === undefined && !this.link.isClosed) this.wait()
      else this.go()
    })
  }

  /** Waits no longer. */
  stop(): void {
    this.forget?.()
  }

  expire(): void {
    this.stop()
    this.late()
  }
}
