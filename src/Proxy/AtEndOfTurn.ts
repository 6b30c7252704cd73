import type { Flushable, Turn } from "../Codec/index.ts"

/** A task that runs once at the end of a turn of the event loop, for any number of requests in that turn. */
export class AtEndOfTurn implements Flushable {
  private readonly turn: Turn
  private readonly run: () => void
  private scheduled = false

  constructor(turn: Turn, run: () => void) {
    this.turn = turn
    this.run = run
  }

  /** Requests a run. */
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
