import { isValid, rankOf, type Status, severities } from "../Status.ts"

const places = {
  unknown: rankOf("unknown"),
  unreachable: rankOf("unreachable"),
  failure: rankOf("failure")
}

/**
 * Counts inputs by status.
 *
 * @category models
 * @since 0.1.0
 */
export class Tally {
  /** The number of inputs. */
  size = 0
  /** The number of inputs with a valid reading: `nominal`, `warn` or `error`. */
  valid = 0
  private readonly counts = [0, 0, 0, 0, 0, 0, 0]
  private readonly skip: boolean

  /** `skip` is `true` if invalid inputs are left out. */
  constructor(skip: boolean) {
    this.skip = skip
  }

  /** The worst status of all inputs, by `severities`, or `undefined` without inputs. */
  get worst(): Status | undefined {
    for (let rank = severities.length - 1; rank >= 0; rank--) if (this.counts[rank]! > 0) return severities[rank]
    return undefined
  }

  /**
   * The status of a derived sensor if readings are missing: the worst of the inputs that are `unknown`, `unreachable`
   * or in `failure` (with `missing: "skip"`, only if no input has a valid reading), or `inactive` if all inputs are.
   * `undefined` if nothing is missing, also without inputs.
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
