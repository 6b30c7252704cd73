/** Marks and colours of statuses: a plot distinguishes them even without colours. */
import * as Sensor from "../../Sensor/index.ts"
import type { Colour } from "../show/Output.ts"
import { statusColours } from "../show/sensors.ts"

/** Draws text in a colour. */
export type Paint = (colour: Colour, text: string) => string

/** The code of `nominal`. Given by the order of the specification. */
export const nominal = 1

const letters: Readonly<Record<Sensor.Status, string>> = {
  unknown: "?",
  nominal: " ",
  warn: "!",
  error: "E",
  failure: "F",
  unreachable: "U",
  inactive: "-"
}

/** The mark of a value that is not a number. */
export const notANumber = { mark: "N", meaning: "not a number", colour: "yellow" } as const

/** The appearance of a status in plots. */
export interface Mark {
  readonly mark: string
  readonly meaning: string
  readonly colour: Colour
  /** `true` if the value is valid; otherwise there is a gap. */
  readonly isValid: boolean
  /** The severity: a column shows the worst status. */
  readonly rank: number
}

/** The marks of all statuses, by their codes. */
export const marks: ReadonlyArray<Mark> = Sensor.statuses.map((status) => ({
  mark: letters[status],
  meaning: status,
  colour: statusColours[status],
  isValid: Sensor.isValid(status),
  rank: Sensor.severities.indexOf(status)
}))

/** Colours of lines, other than those of bad statuses. */
const lineColours: ReadonlyArray<Colour> = ["cyan", "green", "blue", "white"]

/** Returns the colour of a line by its index. */
export const lineColour = (place: number): Colour => lineColours[place % lineColours.length]!

/** The largest number of lines in a plot. Given by the alphabet: each line has a letter. */
export const maxLines = 26

/** Returns the letter of a line by its index. */
export const letterOf = (place: number): string => String.fromCharCode(97 + (place % maxLines))
