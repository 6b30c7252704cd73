/**
 * The version of the protocol that an end speaks, and its flags (Rev 5.1 §4.2).
 *
 * @since 0.1.0
 */
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as Option from "effect/Option"

/**
 * The flags of Rev 5.1 §4.2: several clients (`M`), message ids (`I`), request time-out hints (`T`), setting the
 * sampling of several sensors at once (`B`). Letters that are not among them are kept and otherwise ignored.
 *
 * @category models
 * @since 0.1.0
 */
export const flags = { multiClient: "M", messageIds: "I", timeoutHints: "T", bulkSampling: "B" } as const

/**
 * A protocol version with its flags. Two are equal (`Equal.equals`) when version and set of flags are.
 *
 * @category models
 * @since 0.1.0
 */
export class Protocol implements Equal.Equal {
  /** The major version: 4 or 5 among those in use. */
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
   * A protocol version. Throws a `RangeError` where a flag needs a later version than the one given (`I` needs 5.0,
   * `T` and `B` need 5.1), or a version or flag is malformed.
   */
  static make(major: number, minor: number, letters: Iterable<string> = ""): Protocol {
    const fault = Protocol.#fault(major, minor, [...letters])
    if (fault !== undefined) throw new RangeError(fault)
    return new Protocol(major, minor, letters)
  }

  /**
   * Reads `major.minor` or `major.minor-flags`, as it stands in `#version-connect katcp-protocol`. None where the text
   * has another form. What a peer says is taken as it is: `5.0-MIB`, which {@link make} refuses, gives a protocol whose
   * flag `B` has no effect.
   */
  static parse(text: string): Option.Option<Protocol> {
    const match = /^(\d{1,9})\.(\d{1,9})(?:-([A-Za-z0-9]*))?$/.exec(text)
    return match === null
      ? Option.none()
      : Option.some(new Protocol(Number(match[1]), Number(match[2]), match[3] ?? ""))
  }

  static #fault(major: number, minor: number, letters: ReadonlyArray<string>): string | undefined {
    if (!Number.isInteger(major) || !Number.isInteger(minor) || major < 0 || minor < 0)
      return `${major}.${minor} is no protocol version: two whole numbers are (Rev 5.1 §4.2)`
    for (const letter of letters) {
      if (!/^[A-Za-z0-9]$/.test(letter)) return `${JSON.stringify(letter)} is no protocol flag: one letter is`
      const since = earliest(letter)
      if (major * 1000 + minor < since)
        return `flag ${letter} needs protocol ${Math.floor(since / 1000)}.${since % 1000} (Rev 5.1 §4.2), not ${major}.${minor}`
    }
    return undefined
  }

  /** Whether the flag is there and the version has it. For letters unknown to Rev 5.1: whether it is there. */
  supports(letter: string): boolean {
    return this.flags.includes(letter) && this.major * 1000 + this.minor >= earliest(letter)
  }

  /** Whether a peer that speaks this has all that `needed` asks for: at least that version, and each of its flags. */
  satisfies(needed: Protocol): boolean {
    return (
      (this.major > needed.major || (this.major === needed.major && this.minor >= needed.minor)) &&
      needed.flags.every((flag) => !needed.supports(flag) || this.supports(flag))
    )
  }

  /** Several clients at once (flag M, Rev 5.1 §8). */
  get multiClient(): boolean {
    return this.supports(flags.multiClient)
  }

  /** Message ids (flag I, Rev 5.1 §2.2). */
  get messageIds(): boolean {
    return this.supports(flags.messageIds)
  }

  /** `?request-timeout-hint` (flag T, Rev 5.1 §5). */
  get timeoutHints(): boolean {
    return this.supports(flags.timeoutHints)
  }

  /** Lists of sensors in `?sensor-sampling` (flag B, Rev 5.1 §7.2). */
  get bulkSampling(): boolean {
    return this.supports(flags.bulkSampling)
  }

  /** The form on the wire, flags sorted: `5.1-BIMT`, `4.0`. */
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
