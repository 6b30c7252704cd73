import { encode, joinBytes, ParsedMessage, Parser } from "../../Codec/index.ts"
import { permits, type RequestRole, type Role, roleNeeded } from "../../Interface/index.ts"
import { reply } from "../../Message/index.ts"
import { foreignLine, foreignMessage, Opening } from "./foreignProtocol.ts"

/**
 * The result of a chunk at a gate.
 *
 * @category access
 * @since 0.1.0
 */
export interface Gated {
  /** The bytes to pass on to the device. */
  readonly pass: Uint8Array
  /** The replies to refused requests, for the client. */
  readonly refusals: Uint8Array
  /** The reason to disconnect a client that does not speak KATCP. Nothing is passed on then. */
  readonly disconnect: string | undefined
}

type Roles = ReadonlyMap<string, { readonly role?: RequestRole | undefined }>

const nothing = new Uint8Array(0)
const lineFeed = new Uint8Array([0x0a])

/**
 * Filters what one client sends to a device behind an intermediary: a proxy, a tap. It refuses what a server refuses:
 * peers that do not speak KATCP, and requests that the client's role does not permit. A request that is neither
 * standard nor in `requests` needs `control`.
 *
 * The bytes of a client with the role `admin` pass unchanged. For other clients whole lines pass, so no request can
 * pass in parts.
 *
 * @category access
 * @since 0.1.0
 */
export class Gate {
  private readonly role: Role
  private readonly from: string
  private readonly requests: Roles | undefined
  private readonly parser: Parser
  private readonly opening = new Opening()
  private spoken = false

  constructor(options: {
    readonly role: Role
    /** The address of the client, for the text of a refusal. */
    readonly from: string
    /** The longest line, in bytes. Default 16 MiB. */
    readonly maxLine?: number | undefined
    /** The requests of the device's contract with their roles. None by default. */
    readonly requests?: Roles | undefined
  }) {
    this.role = options.role
    this.from = options.from
    this.requests = options.requests
    this.maxLine = options.maxLine ?? 16777216
    this.parser = new Parser({ maxLine: this.maxLine })
  }

  private readonly maxLine: number

  /** Takes a chunk. The caller must not change it afterwards. */
  take(chunk: Uint8Array): Gated {
    const pass: Array<Uint8Array> = []
    const refusals: Array<Uint8Array> = []
    let disconnect = this.opening.look(chunk)
    this.parser.feed(chunk)
    while (disconnect === undefined) {
      const found = this.parser.next()
      if (found === undefined) break
      if (!(found instanceof ParsedMessage)) {
        disconnect = foreignLine(found, this.maxLine)
        pass.push(found.raw, lineFeed)
      } else if (found.kind !== "request") {
        if (!this.spoken) disconnect = foreignMessage(found)
        pass.push(encode(found))
      } else {
        const needed = roleNeeded({ name: found.name, role: this.requests?.get(found.name)?.role }, found.length)
        if (permits(this.role, needed)) pass.push(encode(found))
        else {
          const text = `?${found.name} needs the role ${needed}; ${this.from} has ${this.role}.`
          refusals.push(encode(reply(found.name, ["fail", text], { id: found.id })))
        }
      }
      this.spoken = true
    }
    if (disconnect !== undefined) return { pass: nothing, refusals: nothing, disconnect }
    return { pass: this.role === "admin" ? chunk : joinBytes(pass), refusals: joinBytes(refusals), disconnect }
  }
}
