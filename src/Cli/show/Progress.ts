import type { WriteStream } from "node:tty"
import * as Effect from "effect/Effect"
import { visible } from "./visible.ts"
import { cutTo } from "./width.ts"

const eraseLine = "\r\u001b[2K"

/** A line at the bottom of a terminal that says what goes on; where there is none, nothing is said. */
export class Progress {
  private readonly terminal: WriteStream | undefined
  private shown = false

  constructor(stream: NodeJS.WriteStream) {
    this.terminal = stream.isTTY === true && process.env.TERM !== "dumb" ? stream : undefined
  }

  /** Takes the line away: something else is to be written. It is shown again with the next second. */
  erase(): void {
    if (!this.shown) return
    this.shown = false
    this.terminal?.write(eraseLine)
  }

  /** Shows what an effect does, and for how long already, when that is longer than a second. */
  during<A, E, R>(what: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    const { terminal } = this
    if (terminal === undefined) return effect
    const count = Effect.gen({ self: this }, function* () {
      for (let seconds = 1; ; seconds++) {
        yield* Effect.sleep("1 second")
        this.shown = true
        // a line that is longer than the terminal could not be taken away
        terminal.write(eraseLine + cutTo(visible(`${what} … ${seconds} s`), terminal.columns - 1))
      }
    })
    return Effect.ensuring(
      Effect.raceFirst(effect, count),
      Effect.sync(() => this.erase())
    )
  }
}
