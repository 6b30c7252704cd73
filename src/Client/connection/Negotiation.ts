import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import type { ParsedMessage } from "../../Codec/index.ts"
import { MalformedReply, Protocol, ProtocolConflict, Unsupported } from "../../Message/index.ts"

/**
 * The version of a component of a device, as announced by `#version-connect` (Rev 5.1 §4.2).
 *
 * @category models
 * @since 0.1.0
 */
export interface Version {
  /** The version. That of `katcp-protocol` has the flags of the protocol. */
  readonly version: string
  /** The build state or serial number, if the device announces one. */
  readonly build?: string | undefined
}

/** A fault in an announcement. It ends the connection, or is only logged if the protocol is preset. */
export type Fault = ProtocolConflict | Unsupported | MalformedReply

const version4 = Protocol.make(4, 0)

/**
 * Finds the protocol of a device from the informs that it sends on connecting (P-134). `#version-connect
 * katcp-protocol` announces it; `#version` and `#build-state` mean version 4. A device that sends neither is queried by
 * `?version-list`, whose informs have the same form. Later informs must agree. Keeps all versions that the device
 * announces. A state machine without time or sockets.
 */
export class Negotiation {
  /** The versions announced on this connection, by component name. */
  readonly versions = new Map<string, Version>()
  /** The protocol of the device. Undefined until it is known. */
  protocol: Protocol | undefined
  private readonly acceptMajors: ReadonlyArray<number>
  /** The inform that announced the protocol; `undefined` if it is preset. */
  private told: string | undefined = undefined

  constructor(options: { readonly protocol: Protocol | undefined; readonly acceptMajors: ReadonlyArray<number> }) {
    this.protocol = options.protocol
    this.acceptMajors = options.acceptMajors
  }

  /** Processes any inform. Returns its fault, if it has one. */
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

  /** Processes a `#version-list` that was requested. Returns its fault, if it has one. */
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
