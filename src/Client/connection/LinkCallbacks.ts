import type { KatcpError } from "../../Message/index.ts"

/** The callbacks that wait for a link to connect or to close. Each is called once. */
export class LinkCallbacks {
  private connecting: Set<() => void> | undefined = undefined
  private readonly closing = new Set<(error: KatcpError | undefined) => void>()
  private closed: { readonly error: KatcpError | undefined } | undefined = undefined

  /** Calls back at the next connection, or when there will be no more. Returns a function that cancels the callback. */
  whenConnected(callback: () => void): () => void {
    this.connecting ??= new Set()
    this.connecting.add(callback)
    return () => this.connecting?.delete(callback)
  }

  /**
   * Calls back when the link closes, at once if it is closed. The error is the reason, or `undefined` if the client was
   * closed on request. Returns a function that cancels the callback.
   */
  whenClosed(callback: (error: KatcpError | undefined) => void): () => void {
    if (this.closed === undefined) this.closing.add(callback)
    else callback(this.closed.error)
    return () => this.closing.delete(callback)
  }

  /** Calls the callbacks that wait for a connection. A callback may wait again at once. */
  connect(): void {
    const callbacks = this.connecting ?? []
    this.connecting = undefined
    for (const callback of callbacks) callback()
  }

  /** Calls the callbacks that wait for a connection, which will not come, then those that wait for the end. */
  close(error: KatcpError | undefined): void {
    this.closed = { error }
    this.connect()
    const callbacks = [...this.closing]
    this.closing.clear()
    for (const callback of callbacks) callback(error)
  }
}
