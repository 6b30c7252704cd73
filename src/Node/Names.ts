import * as Dns from "node:dns"
import { isIP } from "node:net"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { inHostsFile } from "./hosts.ts"

/**
 * Names that are looked up at a time. Given by Node: each lookup takes one of the four threads for such work, and half
 * of them are left to files.
 */
const atOnce = 2
/**
 * Names that may wait for a lookup, and names whose last addresses are kept. Not measured: a bound for memory, more
 * than the devices of a site.
 */
const maxNames = 1024
/**
 * Milliseconds for the name server before the previous addresses are used. Not measured: healthy ones answer within
 * some tens.
 */
const nameServerTimeout = 1000

/** An address of a host. */
export interface Address {
  readonly address: string
  /** 4 or 6. */
  readonly family: number
}

type Found = ReadonlyArray<Address>
type LookUp = (name: string, done: (error: Error | null, addresses: Found) => void) => void

/**
 * Looks up host names. With a dead name server each lookup takes half a minute, in a thread that other work of the
 * process waits for. So each name has at most one lookup, and at most two run at a time; names in the hosts file need
 * none. A name that was found before keeps its addresses while the name server does not answer.
 */
export class Names {
  private readonly lookUp: LookUp
  private readonly inFile: (name: string) => ReadonlyArray<string>
  private readonly good = new Map<string, Found>()
  private readonly pending = new Map<string, Deferred.Deferred<Found, unknown>>()
  private readonly queue: Array<string> = []
  private running = 0

  constructor(options?: {
    /** The lookup; by default the system's. */
    readonly lookUp?: LookUp | undefined
    /** Returns the addresses in the hosts file, by default that of this machine. */
    readonly inFile?: ((name: string) => ReadonlyArray<string>) | undefined
  }) {
    this.lookUp = options?.lookUp ?? system
    this.inFile = options?.inFile ?? inHostsFile
  }

  /**
   * Returns the addresses of a host, at least one. Interrupting it does not stop the lookup, which others and later
   * calls use.
   */
  readonly find = (name: string): Effect.Effect<Found, unknown> =>
    isIP(name) === 0 ? this.named(name) : Effect.succeed([typed(name)])

  private named(name: string): Effect.Effect<Found, unknown> {
    return Effect.suspend(() => {
      const inFile = this.inFile(name)
      if (inFile.length > 0) return Effect.succeed(inFile.map(typed))
      const asked = this.pending.get(name) ?? this.start(name)
      if (asked === undefined) return Effect.fail<unknown>(new Error(`more than ${maxNames} names are being looked up`))
      const before = this.good.get(name)
      const found = Deferred.await(asked)
      if (before === undefined) return found
      return Effect.timeoutOption(found, nameServerTimeout).pipe(
        Effect.map((answer) => (answer._tag === "Some" ? answer.value : before)),
        Effect.catchIf(
          (error) => !isGone(error),
          () => Effect.succeed(before)
        )
      )
    })
  }

  private start(name: string): Deferred.Deferred<Found, unknown> | undefined {
    if (this.pending.size >= maxNames) return undefined
    const asked = Deferred.makeUnsafe<Found, unknown>()
    this.pending.set(name, asked)
    this.queue.push(name)
    this.next()
    return asked
  }

  private next(): void {
    if (this.running >= atOnce) return
    const name = this.queue.shift()
    if (name === undefined) return
    this.running++
    this.lookUp(name, (error, addresses) => {
      this.running--
      const asked = this.pending.get(name)
      this.pending.delete(name)
      if (error === null) this.keep(name, addresses)
      else if (isGone(error)) this.good.delete(name)
      if (asked !== undefined) Deferred.doneUnsafe(asked, error === null ? Exit.succeed(addresses) : Exit.fail(error))
      this.next()
    })
  }

  private keep(name: string, addresses: Found): void {
    // the oldest is removed first
    this.good.delete(name)
    this.good.set(name, addresses)
    for (const oldest of this.good.keys()) {
      if (this.good.size <= maxNames) break
      this.good.delete(oldest)
    }
  }
}

const typed = (address: string): Address => ({ address, family: isIP(address) })

/** Returns `true` if the name server has answered that the name does not exist. */
const isGone = (error: unknown): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === "ENOTFOUND"

const system: LookUp = (name, done) => Dns.lookup(name, { all: true, hints: Dns.ADDRCONFIG }, done)

/** The name lookups of this process. */
export const names = new Names()
