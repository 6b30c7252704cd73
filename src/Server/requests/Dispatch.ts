import { encode } from "../../Codec/index.ts"
import { type ArgumentValue, isName, type Message, make as makeMessage } from "../../Message/index.ts"
import { type Entry, type RequestTable, refusing } from "./Entry.ts"

/** The entries that answer a server's messages: the known requests, and fallbacks for all other messages. */
export interface Entries {
  readonly requests: RequestTable
  /** Builds the entry of an unknown request. */
  readonly unhandled: (name: string) => Entry
  /** Builds the entry of a reply or inform; `undefined` without a hook for these. */
  readonly unsolicited: ((message: Message) => Entry) | undefined
}

/** Finds the entry for each message, and refuses all requests once the server stops. */
export class Dispatch implements Entries {
  readonly requests: RequestTable
  unhandled: (name: string) => Entry
  readonly unsolicited: Entries["unsolicited"]
  /** `true` once the server stops. */
  refusing = false

  constructor({ requests, unhandled, unsolicited }: Entries) {
    this.requests = requests
    this.unhandled = unhandled
    this.unsolicited = unsolicited
  }

  /** Fails every request from now on. */
  refuse(): void {
    this.refusing = true
    this.unhandled = (name) => refusing(name, "fail", "Request refused: the device is stopping.")
    // the entries stay the ones that are counted
    for (const entry of this.requests.values()) entry.handle = this.unhandled(entry.name).handle
  }

  /** Returns the lines of an asynchronous inform. Throws a `TypeError` if the name is not allowed. */
  lines(name: string, values: ReadonlyArray<ArgumentValue>): Uint8Array {
    if (!isName(name)) throw new TypeError(`${JSON.stringify(name)} is not a message name`)
    if (this.requests.has(name))
      throw new TypeError(`#${name}: an asynchronous inform must not have the name of a request (Rev 5.1 §2.3)`)
    return encode(makeMessage("inform", name, values))
  }
}
