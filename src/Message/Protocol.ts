/**
 * The protocol version that a peer speaks, and its flags (Rev 5.1 §4.2).
 *
 * @since 0.1.0
 */
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as Option from "effect/Option"

/**
 * The flags of Rev 5.1 §4.2: several clients (`M`), message ids (`I`), request timeout hints (`T`), and setting the
 * sampling of several sensors at once (`B`). Other letters are kept and have no effect.
 *
 * @category models
 * @since 0.1.0
 */
export const flags = { multiClient: "M", messageIds: "I", timeoutHints: "T", bulkSampling: "B" } as const

/**
 * A protocol version with its flags. Two are equal (`Equal.equals`) if version and set of flags are equal.
 *
 * @category models
 * @since 0.1.0
 */
export class Protocol implements Equal.Equal {
  /** The major version: 4 or 5 in practice. */
  readonly major: number
  /** The minor version. */
  readonly minor: number
  /** The letters of the flags, sorted. */
  readonly flags: ReadonlyArray<string>

  private constructor(major: number, minor: number, letters: Iterable<string>) {
    this.major = major
    this.minor = minor
    this.flags = [...new Set(letters)].sort()
  }

  /**
   * Builds a protocol version. Throws a `RangeError` if a flag needs a later version (`I` needs 5.0, `T` and `B` need
   * 5.1), or if a version or flag is malformed.
   */
  static make(major: number, minor: number, letters: Iterable<string> = ""): Protocol {
    const fault = Protocol.#fault(major, minor, [...letters])
    if (fault !== undefined) throw new RangeError(fault)
    return new Protocol(major, minor, letters)
  }

  /**
   * Parses `major.minor` or `major.minor-flags`, the form in `#version-connect katcp-protocol`. Returns `None` if the
   * text has another form. Accepts combinations that {@link make} refuses: `5.0-MIB` gives a protocol whose flag `B`
   * has no effect.
   */
  static parse(text: string): Option.Option<Protocol> {
    const match = /^(\d{1,9})\.(\d{1,9})(?:-([A-Za-z0-9]*))?$/.exec(text)
    return match === null
      ? Option.none()
      : Option.some(new Protocol(Number(match[1]), Number(match[2]), match[3] ?? ""))
  }

  static #fault(major: number, minor: number, letters: ReadonlyArray<string>): string | undefined {
    if (!Number.isInteger(major) || !Number.isInteger(minor) || major < 0 || minor < 0)
      return `${major}.${minor} is not a protocol version: use two whole numbers (Rev 5.1 §4.2)`
    for (const letter of letters) {
      if (!/^[A-Za-z0-9]$/.test(letter))
        return `${JSON.stringify(letter)} is not a protocol flag: use one letter or digit`
      const since = earliest(letter)
      if (major * 1000 + minor < since)
        return `flag ${letter} needs protocol ${Math.floor(since / 1000)}.${since % 1000} (Rev 5.1 §4.2), not ${major}.${minor}`
    }
    return undefined
  }

  /**
   * Returns `true` if the flag is set and this version has it. For letters unknown to Rev 5.1, returns `true` if the
   * flag is set.
   */
  supports(letter: string): boolean {
    return this.flags.includes(letter) && this.major * 1000 + this.minor >= earliest(letter)
  }

  /** Returns `true` if this version is at least the one needed and has each of its flags. */
  satisfies(needed: Protocol): boolean {
    return (
      (this.major > needed.major || (this.major === needed.major && this.minor >= needed.minor)) &&
      needed.flags.every((flag) => !needed.supports(flag) || this.supports(flag))
    )
  }

  /** `true` if the device serves several clients at once (flag M, Rev 5.1 §8). */
  get multiClient(): boolean {
    return this.supports(flags.multiClient)
  }

  /** `true` if messages may have ids (flag I, Rev 5.1 §2.2). */
  get messageIds(): boolean {
    return this.supports(flags.messageIds)
  }

  /** `true` if the device has `?request-timeout-hint` (flag T, Rev 5.1 §5). */
  get timeoutHints(): boolean {
    return this.supports(flags.timeoutHints)
  }

  /** `true` if `?sensor-sampling` accepts lists of sensors (flag B, Rev 5.1 §7.2). */
  get bulkSampling(): boolean {
    return this.supports(flags.bulkSampling)
  }

  /** Returns the wire form with sorted flags: `5.1-BIMT`, `4.0`. */
  toString(): string {
    return `${this.major}.${this.minor}${this.flags.length > 0 ? `-${this.flags.join("")}` : ""}`
  }

  [Equal.symbol](that: Equal.Equal): boolean {
    return that instanceof Protocol && this.toString() === that.toString()
  }

  [Hash.symbol](): number {
    return Hash.string(this.toString())
  }
}

const earliest = (letter: string): number => (letter === "I" ? 5000 : letter === "T" || letter === "B" ? 5001 : 0)
