import { isValid, rankOf, type Status, severities } from "../Status.ts"

const places = {
  unknown: rankOf("unknown"),
  unreachable: rankOf("unreachable"),
  failure: rankOf("failure")
}

/**
 * How many inputs have which status.
 *
 * @category models
 * @since 0.1.0
 */
export class Tally {
  /** How many inputs there are. */
  size = 0
  /** How many of them have a valid reading: `nominal`, `warn` or `error`. */
  valid = 0
  private readonly counts = [0, 0, 0, 0, 0, 0, 0]
  private readonly skip: boolean

  /** Made for each derived sensor. */
  constructor(skip: boolean) {
    this.skip = skip
  }

  /** The worst status of all inputs, by `severities`; undefined where there are none. */
  get worst(): Status | undefined {
    for (let rank = severities.length - 1; rank >= 0; rank--) if (this.counts[rank]! > 0) return severities[rank]
    return undefined
  }

  /**
   * The status of what is derived where readings that it should be of lack: the worst of inputs that are `unknown`,
   * `unreachable` or in `failure` (with `missing: "skip"` only where no input has a valid reading); `inactive` where all
   * are. Undefined where nothing lacks, so also where there are no inputs.
   */
  get gap(): Status | undefined {
    if (this.valid === this.size) return undefined
    if (this.valid === 0) return this.worst
    if (this.skip) return undefined
    if (this.counts[places.failure]! > 0) return "failure"
    if (this.counts[places.unreachable]! > 0) return "unreachable"
    return this.counts[places.unknown]! > 0 ? "unknown" : undefined
  }

  /** @internal */
  add(status: Status): void {
    this.count(status, 1)
  }

  /** @internal */
  remove(status: Status): void {
    this.count(status, -1)
  }

  private count(status: Status, by: 1 | -1): void {
    this.counts[rankOf(status)]! += by
    this.size += by
    if (isValid(status)) this.valid += by
  }
}
