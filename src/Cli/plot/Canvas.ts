import type { Charset } from "../show/charset.ts"
import type { Colour } from "../show/Output.ts"
import type { Paint } from "./marks.ts"

/** The dots of a cell, in columns and rows. */
const dotsOf: Readonly<Record<Charset, readonly [columns: number, rows: number]>> = {
  braille: [2, 4],
  blocks: [1, 2],
  ascii: [1, 1]
}

/** The bits of braille patterns, by row and column (ISO/IEC 10646, U+2800). */
const brailleBits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80]
]
const halves = [" ", "▀", "▄", "█"]

/** A grid of cells with dots in them, each cell in one colour. */
export class Canvas {
  /** Its size in dots. */
  readonly width: number
  readonly height: number
  private readonly charset: Charset
  private readonly columns: number
  private readonly rows: number
  private readonly dots: readonly [number, number]
  private readonly bits: Uint8Array
  private readonly characters: Array<string>
  private readonly colours: Array<Colour | undefined>

  constructor(columns: number, rows: number, charset: Charset) {
    this.charset = charset
    this.columns = columns
    this.rows = rows
    this.dots = dotsOf[charset]
    this.width = columns * this.dots[0]
    this.height = rows * this.dots[1]
    this.bits = new Uint8Array(columns * rows)
    this.characters = new Array(columns * rows).fill("")
    this.colours = new Array(columns * rows).fill(undefined)
  }

  /** Sets the dots of a column from one row to another. In ASCII their cells get the character. */
  stroke(x: number, top: number, bottom: number, character: string, colour: Colour): void {
    const [across, down] = this.dots
    const column = Math.floor(x / across)
    for (let y = top; y <= bottom; y++) {
      const cell = Math.floor(y / down) * this.columns + column
      const row = y % down
      if (this.charset === "braille") this.bits[cell]! |= brailleBits[row]![x % across]!
      else if (this.charset === "blocks") this.bits[cell]! |= 1 << row
      else this.characters[cell] = character
      this.colours[cell] = colour
    }
  }

  /** Puts a character into a cell, replacing its dots. */
  put(column: number, row: number, character: string, colour: Colour): void {
    const cell = row * this.columns + column
    this.characters[cell] = character
    this.colours[cell] = colour
  }

  /** Returns the cell row of a dot. */
  rowOf(y: number): number {
    return Math.floor(y / this.dots[1])
  }

  /** Returns the cell column of a dot. */
  columnOf(x: number): number {
    return Math.floor(x / this.dots[0])
  }

  /** Returns the lines. */
  lines(paint: Paint): ReadonlyArray<string> {
    return Array.from({ length: this.rows }, (_, row) => {
      const cells = Array.from({ length: this.columns }, (_, column) => row * this.columns + column)
      return painted(
        cells.map((cell) => ({ character: this.characterOf(cell), colour: this.colours[cell] })),
        paint
      )
    })
  }

  private characterOf(cell: number): string {
    const character = this.characters[cell]!
    if (character !== "") return character
    const bits = this.bits[cell]!
    if (this.charset === "braille") return bits === 0 ? " " : String.fromCharCode(0x2800 + bits)
    return halves[bits]!
  }
}

/** A character in a colour. */
export interface Painted {
  readonly character: string
  readonly colour: Colour | undefined
}

/** Returns characters as text; consecutive characters of one colour are painted together. */
export const painted = (characters: ReadonlyArray<Painted>, paint: Paint): string => {
  let text = ""
  for (let at = 0; at < characters.length; ) {
    const { colour } = characters[at]!
    let run = ""
    // a blank has no colour
    for (; at < characters.length && (characters[at]!.colour === colour || characters[at]!.character === " "); at++)
      run += characters[at]!.character
    text += colour === undefined || run.trim() === "" ? run : paint(colour, run)
  }
  return text
}
