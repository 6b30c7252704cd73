import { EventEmitter } from "node:events"
import { StringDecoder } from "node:string_decoder"
import type { ReadStream } from "node:tty"

/**
 * Something that takes keys before the line editor has them. Returns the keys that are not for it, which go to the editor;
 * `undefined` if it goes on taking them.
 */
export type KeyHandler = (keys: string) => string | undefined

/** The keys of a terminal, on their way to the line editor of Node, which reads them as it reads a terminal. */
export class Keys extends EventEmitter {
  private readonly terminal: ReadStream
  private keyHandler: KeyHandler | undefined
  private readonly start: { readonly key: string; readonly begin: () => KeyHandler | undefined }

  /** `begin` is called for a key; it may give what takes the keys behind it. Without that the editor gets the key. */
  constructor(terminal: ReadStream, key: string, begin: () => KeyHandler | undefined) {
    super()
    this.terminal = terminal
    this.start = { key, begin }
    const decoder = new StringDecoder("utf8")
    terminal.on("data", (data: Uint8Array | string) => this.pass(typeof data === "string" ? data : decoder.write(data)))
    terminal.on("end", () => this.emit("end"))
    // a terminal that was closed
    terminal.on("error", () => this.emit("end"))
  }

  setRawMode(mode: boolean): this {
    // one that was closed has none
    if (!this.terminal.destroyed) this.terminal.setRawMode(mode)
    return this
  }

  resume(): this {
    this.terminal.resume()
    return this
  }

  pause(): this {
    this.terminal.pause()
    return this
  }

  private pass(keys: string): void {
    if (keys === "") return
    if (this.keyHandler !== undefined) {
      const rest = this.keyHandler(keys)
      if (rest === undefined) return
      this.keyHandler = undefined
      return this.pass(rest)
    }
    const { begin, key } = this.start
    const at = keys.indexOf(key)
    if (at === -1) return void this.emit("data", keys)
    // the editor is to have what was typed before
    if (at > 0) this.emit("data", keys.slice(0, at))
    this.keyHandler = begin()
    if (this.keyHandler === undefined) this.emit("data", key)
    this.pass(keys.slice(at + key.length))
  }
}
