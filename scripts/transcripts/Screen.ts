/** A character on a screen, with the number of its colour (30 to 37, 90 to 97). */
export interface Cell {
  readonly character: string
  readonly colour: string | undefined
}

/** A terminal's screen, as far as the `katcp` command writes to it: its final content. */
export class Screen {
  private readonly rows: Array<Array<Cell>> = [[]]
  private colour: string | undefined
  private row = 0
  private column = 0
  /** The beginning of a sequence that was cut in two. */
  private rest = ""

  /** Processes a program's output. */
  write(text: string): void {
    const pieces = /\u001b\[(\??\d*(?:;\d*)*)([A-Za-z])|\u001b(?:\[[\d;?]*)?$|[\s\S]/gu
    const whole = this.rest + text
    this.rest = ""
    for (const [piece, numbers, letter] of whole.matchAll(pieces)) {
      if (letter !== undefined) this.control(letter, numbers ?? "")
      else if (piece.startsWith("\u001b")) this.rest = piece
      else if (piece === "\r") this.column = 0
      else if (piece === "\n") this.to(this.row + 1)
      else if (piece === "\b") this.column = Math.max(0, this.column - 1)
      else if (piece >= " ") this.put(piece)
    }
  }

  private control(letter: string, numbers: string): void {
    const [first] = numbers.split(";")
    const count = first === "" || first === undefined ? 1 : Number(first)
    if (letter === "A") this.row = Math.max(0, this.row - count)
    if (letter === "B") this.to(this.row + count)
    if (letter === "C") this.column += count
    if (letter === "D") this.column = Math.max(0, this.column - count)
    if (letter === "G") this.column = count - 1
    if (letter === "m") this.colour = /^(?:3|9)[0-7]$/.test(numbers) ? numbers : undefined
    if (letter === "J") this.rows.splice(this.row + 1)
    if (letter === "J" || letter === "K") {
      if (numbers === "2") this.rows[this.row] = []
      else this.rows[this.row]!.splice(this.column)
    }
  }

  private to(row: number): void {
    this.row = row
    while (this.rows.length <= row) this.rows.push([])
  }

  private put(character: string): void {
    const line = this.rows[this.row]!
    while (line.length < this.column) line.push({ character: " ", colour: undefined })
    line[this.column++] = { character, colour: this.colour }
  }

  /** The shown lines, without trailing blanks. */
  get lines(): ReadonlyArray<string> {
    return this.rows.map((line) =>
      line
        .map(({ character }) => character)
        .join("")
        .trimEnd()
    )
  }

  /** The shown characters, line by line. */
  get cells(): ReadonlyArray<ReadonlyArray<Cell>> {
    return this.rows
  }
}
