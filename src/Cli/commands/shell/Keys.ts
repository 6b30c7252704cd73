import { EventEmitter } from "node:events"
import { StringDecoder } from "node:string_decoder"
import type { ReadStream } from "node:tty"

/**
 * A handler that receives keys before the line editor. Returns the keys for the editor when it is done, or `undefined`
 * to continue.
 */
export type KeyHandler = (keys: string) => string | undefined

/** The keys of a terminal on their way to Node's line editor, which reads them as if from a terminal. */
export class Keys extends EventEmitter {
  private readonly terminal: ReadStream
  private keyHandler: KeyHandler | undefined
  private readonly start: { readonly key: string; readonly begin: () => KeyHandler | undefined }

  /** `begin` is called for a key, and may return a handler of the following keys. Otherwise the editor gets the key. */
  constructor(terminal: ReadStream, key: string, begin: () => KeyHandler | undefined) {
    super()
    this.terminal = terminal
    this.start = { key, begin }
    const decoder = new StringDecoder("utf8")
    terminal.on("data", (data: Uint8Array | string) => this.pass(typeof data === "string" ? data : decoder.write(data)))
    terminal.on("end", () => this.emit("end"))
    // the terminal was closed
    terminal.on("error", () => this.emit("end"))
  }

  setRawMode(mode: boolean): this {
    // a closed terminal has no mode
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
    // the editor must get the keys typed before
    if (at > 0) this.emit("data", keys.slice(0, at))
    this.keyHandler = begin()
    if (this.keyHandler === undefined) this.emit("data", key)
    this.pass(keys.slice(at + key.length))
  }
}
