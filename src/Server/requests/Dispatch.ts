import { encode } from "../../Codec/index.ts"
import { type ArgumentValue, isName, type Message, make as makeMessage } from "../../Message/index.ts"
import { type Entry, type RequestTable, refusing } from "./Entry.ts"

/** The entries by which a server answers each message: the requests that it has, and what stands for all other messages. */
export interface Entries {
  readonly requests: RequestTable
  /** Makes the entry of a request that the device does not have. */
  readonly unhandled: (name: string) => Entry
  /** Makes the entry of a reply or inform; undefined if there is no hook for these. */
  readonly unsolicited: ((message: Message) => Entry) | undefined
}

/** Finds the entry for each message that comes, and refuses all requests once the server stops. */
export class Dispatch implements Entries {
  readonly requests: RequestTable
  unhandled: (name: string) => Entry
  readonly unsolicited: Entries["unsolicited"]
  /** `true` when the server stops. */
  refusing = false

  constructor({ requests, unhandled, unsolicited }: Entries) {
    this.requests = requests
    this.unhandled = unhandled
    this.unsolicited = unsolicited
  }

  /** From now on every request fails. */
  refuse(): void {
    this.refusing = true
    this.unhandled = (name) => refusing(name, "fail", "Request refused: the device stops.")
    // the entries stay those that are counted
    for (const entry of this.requests.values()) entry.handle = this.unhandled(entry.name).handle
  }

  /** Returns the lines of an asynchronous inform. Throws a `TypeError` if it may not have this name. */
  lines(name: string, values: ReadonlyArray<ArgumentValue>): Uint8Array {
    if (!isName(name)) throw new TypeError(`${JSON.stringify(name)} is no message name`)
    if (this.requests.has(name))
      throw new TypeError(`#${name}: an asynchronous inform must not bear the name of a request (Rev 5.1 §2.3)`)
    return encode(makeMessage("inform", name, values))
  }
}
