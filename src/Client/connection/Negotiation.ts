import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import type { ParsedMessage } from "../../Codec/index.ts"
import { MalformedReply, Protocol, ProtocolConflict, Unsupported } from "../../Message/index.ts"

/**
 * What a device says of a part of itself in `#version-connect` (Rev 5.1 §4.2).
 *
 * @category models
 * @since 0.1.0
 */
export interface Version {
  /** The version; of `katcp-protocol` with its flags. */
  readonly version: string
  /** The build state or serial number, where it says one. */
  readonly build?: string | undefined
}

/** What is wrong with what the device said: a reason to give it up, or only to warn where the protocol is preset. */
export type Fault = ProtocolConflict | Unsupported | MalformedReply

const version4 = Protocol.make(4, 0)

/**
 * Finds out which protocol a device speaks from the informs that it sends on connecting (P-134): `#version-connect
 * katcp-protocol` says it, `#version` and `#build-state` mean version 4; a device that says neither may be asked
 * `?version-list`, whose informs have the same form. What a later inform says must agree. A state
 * machine without time or sockets; it also keeps all versions that the device tells.
 */
export class Negotiation {
  /** Name of the part to its version, as told on this connection. */
  readonly versions = new Map<string, Version>()
  /** What the device speaks, once it is known. */
  protocol: Protocol | undefined
  private readonly acceptMajors: ReadonlyArray<number>
  /** The inform that said it; undefined where it is preset. */
  private told: string | undefined = undefined

  constructor(options: { readonly protocol: Protocol | undefined; readonly acceptMajors: ReadonlyArray<number> }) {
    this.protocol = options.protocol
    this.acceptMajors = options.acceptMajors
  }

  /** Takes an inform, whichever it is. Gives what is wrong with it, if anything. */
  inform(message: ParsedMessage): Fault | undefined {
    switch (message.name) {
      case "version-connect":
        return this.named(message)
      case "version":
      case "build-state":
        this.keep(message.name, message, 0)
        return this.tell(version4, message)
      default:
        return undefined
    }
  }

  /** Takes a `#version-list` of a device that was asked for it. Gives what is wrong with it, if anything. */
  listed(message: ParsedMessage): Fault | undefined {
    return this.named(message)
  }

  private named(message: ParsedMessage): Fault | undefined {
    const name = message.text(0)
    if (name === undefined || message.length < 2)
      return name === "katcp-protocol" ? new MalformedReply({ detail: message.toString() }) : undefined
    this.keep(name, message, 1)
    if (name !== "katcp-protocol") return undefined
    const protocol = Option.getOrUndefined(Protocol.parse(message.text(1)!))
    return protocol === undefined ? new MalformedReply({ detail: message.toString() }) : this.tell(protocol, message)
  }

  private keep(name: string, message: ParsedMessage, at: number): void {
    const version = message.text(at)
    if (version === undefined) return
    const build = message.text(at + 1)
    this.versions.set(name, build === undefined ? { version } : { version, build })
  }

  private tell(protocol: Protocol, message: ParsedMessage): Fault | undefined {
    const known = this.protocol
    if (known === undefined) {
      if (!this.acceptMajors.includes(protocol.major))
        return new Unsupported({ feature: `KATCP ${this.acceptMajors.join(" or ")}: it speaks ${protocol}` })
      this.protocol = protocol
      this.told = message.toString()
      return undefined
    }
    if (Equal.equals(known, protocol)) return undefined
    return new ProtocolConflict({ detail: `${this.told ?? `${known} is preset`}, then ${message}` })
  }
}
