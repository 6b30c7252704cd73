/**
 * The checks that may have ended a device: those that ran since its last sign of life. With one check at a time there
 * is one; with several at once there may be a few.
 */
export class Suspects {
  private turn = 0
  private readonly running = new Set<string>()
  private readonly ended = new Map<string, number>()

  /** Records the start of a check. Returns its turn. */
  begin(id: string): number {
    this.running.add(id)
    return ++this.turn
  }

  /** Records the end of a check. */
  end(id: string): void {
    this.running.delete(id)
    this.ended.set(id, ++this.turn)
  }

  /** Called when the device has answered a check: checks that ended before its turn have not ended the device. */
  clear(turn: number): void {
    for (const [id, at] of this.ended) if (at < turn) this.ended.delete(id)
  }

  /** The ids, in the order in which the checks ended; running ones come last. */
  get ids(): ReadonlyArray<string> {
    return [...new Set([...this.ended.keys(), ...this.running])]
  }
}
