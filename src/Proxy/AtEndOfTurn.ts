import type { Flushable, Turn } from "../Codec/index.ts"

/** Something that is done once at the end of a turn of the event loop, however often it was asked for in it. */
export class AtEndOfTurn implements Flushable {
  private readonly turn: Turn
  private readonly run: () => void
  private scheduled = false

  constructor(turn: Turn, run: () => void) {
    this.turn = turn
    this.run = run
  }

  /** Asks for it. */
  schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    this.turn.add(this)
  }

  flush(): void {
    this.scheduled = false
    this.run()
  }
}
