/**
 * The checks that may have ended a device: those that ran since the device last showed that it lives. With one check at
 * a time it is one; with several at once it may be a few.
 */
export class Suspects {
  private turn = 0
  private readonly running = new Set<string>()
  private readonly ended = new Map<string, number>()

  /** A check begins. Returns its turn. */
  begin(id: string): number {
    this.running.add(id)
    return ++this.turn
  }

  /** A check has ended. */
  end(id: string): void {
    this.running.delete(id)
    this.ended.set(id, ++this.turn)
  }

  /** The device has answered a check: checks that had ended before its turn have not ended the device. */
  clear(turn: number): void {
    for (const [id, at] of this.ended) if (at < turn) this.ended.delete(id)
  }

  /** The ids, in the order in which the checks ended; those that still run come last. */
  get ids(): ReadonlyArray<string> {
    return [...new Set([...this.ended.keys(), ...this.running])]
  }
}
