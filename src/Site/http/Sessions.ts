import { Ending, type Holder } from "./Credentials.ts"

/** Sessions at a time. Not measured: 10,000 of them take some 5 MB. Past it, the oldest one ends. */
const maxSessions = 10_000

interface Session {
  readonly holder: Holder
  readonly expires: number
  readonly ending: Ending
}

/**
 * The sessions of the login form: a caller that has shown a token there is identified by a random id in a cookie from
 * then on. Sessions are in memory: after a restart of the process, people log in again.
 */
export class Sessions {
  /** The number of sessions that ended because there were too many. */
  dropped = 0
  private readonly byId = new Map<string, Session>()
  private readonly seconds: number

  /** `seconds`: the duration of a session. */
  constructor(seconds: number) {
    this.seconds = seconds
  }

  /** The number of sessions. */
  get size(): number {
    return this.byId.size
  }

  /** Begins a session, at a time in seconds since 1970. It ends with its token. */
  begin(holder: Holder, now: number): { readonly id: string; readonly seconds: number } {
    const expires = Math.min(now + this.seconds, holder.expires ?? Number.POSITIVE_INFINITY)
    const id = randomId()
    const ending = new Ending()
    const forget = holder.ending?.onEnd((why) => ending.end(why))
    ending.onEnd(() => {
      this.byId.delete(id)
      forget?.()
    })
    const { name, role } = holder
    this.byId.set(id, { holder: { name, role, expires, ending, ended: ending.ended }, expires, ending })
    if (this.byId.size > maxSessions) {
      const [oldest] = this.byId.values()
      oldest!.ending.end("expired")
      this.dropped++
    }
    return { id, seconds: Math.floor(expires - now) }
  }

  /** Returns the holder of a session; `undefined` if the id is unknown or the session has expired. */
  find(id: string, now: number): Holder | undefined {
    const session = this.byId.get(id)
    if (session === undefined) return undefined
    if (now < session.expires) return session.holder
    session.ending.end("expired")
    return undefined
  }

  /** Ends a session, and the connections that it opened. */
  end(id: string): void {
    this.byId.get(id)?.ending.end("revoked")
  }

  /** Ends the sessions that have expired. */
  sweep(now: number): void {
    for (const { ending, expires } of this.byId.values()) if (now >= expires) ending.end("expired")
  }
}

/** 256 bits, as text for a cookie. */
const randomId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, "0")).join("")
