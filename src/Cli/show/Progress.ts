import type { WriteStream } from "node:tty"
import * as Effect from "effect/Effect"
import { visible } from "./visible.ts"
import { cutTo } from "./width.ts"

const eraseLine = "\r\u001b[2K"

/** A status line at the bottom of a terminal; without a terminal nothing is shown. */
export class Progress {
  private readonly terminal: WriteStream | undefined
  private shown = false

  constructor(stream: NodeJS.WriteStream) {
    this.terminal = stream.isTTY === true && process.env.TERM !== "dumb" ? stream : undefined
  }

  /** Removes the line, because other text will be written. It returns with the next second. */
  erase(): void {
    if (!this.shown) return
    this.shown = false
    this.terminal?.write(eraseLine)
  }

  /** Shows an effect and its duration if it takes longer than a second. */
  during<A, E, R>(what: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    const { terminal } = this
    if (terminal === undefined) return effect
    const count = Effect.gen({ self: this }, function* () {
      for (let seconds = 1; ; seconds++) {
        yield* Effect.sleep("1 second")
        this.shown = true
        // a line that is longer than the terminal could not be removed
        terminal.write(eraseLine + cutTo(visible(`${what} … ${seconds} s`), terminal.columns - 1))
      }
    })
    return Effect.ensuring(
      Effect.raceFirst(effect, count),
      Effect.sync(() => this.erase())
    )
  }
}
