/** The readings in a file: from lines of JSON, and from recordings of `katcp tap`. */
import type { ForeignReading } from "../../../Archive/index.ts"
import { objectOf } from "../../readingLine.ts"
import type { Events } from "./Events.ts"
import { fromJson } from "./fromJson.ts"
import { fromTap, type TapSession } from "./fromTap.ts"

/** The longest line, in characters. Not measured: eight times the longest message of a device. */
const longest = 16_777_216

/** Readings in a part of a file, up to the first mistake. */
export interface Found {
  readonly readings: ReadonlyArray<ForeignReading>
  /** The mistake, with its place. */
  readonly mistake: string | undefined
}

/** The lines of a file that is read in parts. */
export class Lines {
  readonly #file: string
  readonly #device: string | undefined
  readonly #events: Events
  readonly #sessions = new Map<number, TapSession>()
  #number = 0
  #rest = ""
  /** The number of lines without a reading or any other known content. */
  passedOver = 0
  /** `true` if the last line is truncated and not valid JSON: the program that wrote it was killed. */
  cut = false

  constructor(file: string, device: string | undefined, events: Events) {
    this.#file = file
    this.#device = device
    this.#events = events
  }

  take(piece: string): Found {
    const lines = (this.#rest + piece).split("\n")
    this.#rest = lines.pop()!
    const found = this.#take(lines)
    if (found.mistake !== undefined || this.#rest.length <= longest) return found
    const mistake = `${this.#file}:${this.#number + 1}: a line of more than ${longest} characters. Is it a recording?`
    return { readings: found.readings, mistake }
  }

  end(): Found {
    const last = this.#rest
    this.#rest = ""
    if (last.trim() !== "" && objectOf(last) === undefined && this.#number > 0) {
      this.cut = true
      return { readings: [], mistake: undefined }
    }
    return this.#take([last])
  }

  #take(lines: ReadonlyArray<string>): Found {
    const readings: Array<ForeignReading> = []
    for (const line of lines) {
      this.#number++
      if (line.trim() === "") continue
      const found = this.#line(line)
      if (typeof found === "string") return { readings, mistake: `${this.#file}:${this.#number}: ${found}` }
      for (const one of found) readings.push(one)
      this.#events.readings(found)
    }
    return { readings, mistake: undefined }
  }

  #line(line: string): ReadonlyArray<ForeignReading> | string {
    const json = objectOf(line)
    if (json === undefined) return "the line is not JSON"
    const isTap = "connection" in json
    const found = isTap ? fromTap(line, this.#sessions, this.#device ?? "device") : fromJson(json, this.#device)
    // the head of a recording
    if (found.length === 0 && !("katcp" in json) && !this.#events.take(json)) this.passedOver++
    return found
  }
}
