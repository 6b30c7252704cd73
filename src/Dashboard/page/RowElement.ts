/**
 * A row of the table, as elements that are reused for other sensors. Only changed texts are written: a thousand sensors
 * at ten hertz must not keep the page busy.
 */
import { href, usualRange } from "../state/address.ts"
import { ageText, isNumeric, textOf, valueText, visible, type Zone } from "../state/format.ts"
import { follow, type Row } from "../state/Sensors.ts"
import type { Column } from "../state/select.ts"
import { statusWord } from "../state/status.ts"
import { live } from "./app.ts"

/** Returns an element with a class. */
const element = (tag: string, className: string, role?: string): HTMLElement => {
  const made = document.createElement(tag)
  made.className = className
  if (role !== undefined) made.role = role
  return made
}

/** The style of the rows of a table. */
export interface RowStyle {
  readonly columns: ReadonlyArray<Column>
  readonly zone: Zone
  /** `true` on a phone: the units follow the value. */
  readonly narrow: boolean
  /** An `svg` of each status code; the first is for sensors without a reading. */
  readonly icon: (code: number) => Node
  readonly isChosen: (row: Row) => boolean
}

/** A row that is on the screen. */
export class RowElement {
  readonly element: HTMLElement
  row: Row | undefined
  #index = -1
  readonly #style: RowStyle
  readonly #cells = new Map<Column, HTMLElement>()
  readonly #shown = new Map<Column, string>()
  readonly #check: HTMLElement
  readonly #link: HTMLAnchorElement
  readonly #word = document.createTextNode("")
  #code: number | undefined
  #classes = ""
  #unfollow: (() => void) | undefined

  constructor(style: RowStyle, id: string) {
    this.#style = style
    this.element = element("div", "row", "row")
    this.element.id = id
    const choice = element("div", "cell choice", "gridcell")
    this.#check = element("span", "check")
    choice.append(this.#check)
    this.element.append(choice)
    this.#link = document.createElement("a")
    this.#link.tabIndex = -1
    for (const column of style.columns) {
      const cell = element("div", `cell ${column}`, "gridcell")
      this.#cells.set(column, cell)
      if (column === "name") cell.append(this.#link)
      this.element.append(cell)
    }
  }

  /** Shows a sensor, at a place of the table. */
  bind(row: Row, index: number, height: number): void {
    if (this.#index !== index) {
      this.#index = index
      this.element.style.transform = `translateY(${index * height}px)`
      // the header is the first row
      this.element.ariaRowIndex = String(index + 2)
    }
    if (this.row !== row) {
      this.#unfollow?.()
      this.row = row
      this.#unfollow = follow(row, this.paint)
      this.#link.href = href({ view: "sensor", sensors: [row.key], range: usualRange })
      const device = element("span", "dim")
      device.textContent = visible(`${row.device}/`)
      const name = document.createElement("bdi")
      name.append(device, textOf(row.name, 200))
      this.#link.replaceChildren(name)
      this.#link.title = textOf(row.key, 500)
    }
    this.paint()
    this.choose()
  }

  /** Takes the row off the screen. */
  release(): void {
    this.#unfollow?.()
    this.#unfollow = undefined
    this.row = undefined
    this.#index = -1
    this.element.remove()
  }

  /** Shows if the row is selected. */
  choose(): void {
    if (this.row !== undefined) this.element.ariaSelected = String(this.#style.isChosen(this.row))
  }

  /** Shows the changes. */
  readonly paint = (): void => {
    const row = this.row!
    const classes = row.live ? (row.code === 5 || row.code === 0 ? "row old" : "row") : "row lost"
    if (classes !== this.#classes) this.element.className = this.#classes = classes
    if (row.code !== this.#code) this.#paintStatus(row.code)
    const value = valueText(row.value, { type: row.type, zone: this.#style.zone })
    this.#set(
      "value",
      this.#style.narrow && value !== "" && row.units !== "" ? `${value} ${textOf(row.units, 20)}` : value
    )
    this.#set("units", row.units)
    this.#set("type", row.type)
    this.#set("description", row.description)
    this.age()
  }

  /** Updates the age. */
  readonly age = (): void => {
    const row = this.row!
    const ago = live.ago(row.time)
    this.#set("updated", ago === undefined || Number.isNaN(ago) ? "–" : ageText(ago))
  }

  #paintStatus(code: number): void {
    this.#code = code
    const cell = this.#cells.get("status")
    if (cell === undefined) return
    const status = element("span", `status s${code}`)
    this.#word.data = statusWord(code)
    status.append(this.#style.icon(code), this.#word)
    cell.replaceChildren(status)
  }

  #set(column: Column, text: string): void {
    const cell = this.#cells.get(column)
    if (cell === undefined || this.#shown.get(column) === text) return
    this.#shown.set(column, text)
    // numbers are aligned to the right
    if (column === "value") cell.classList.toggle("figure", isNumeric(this.row!.type))
    cell.textContent = column === "value" ? text : textOf(text, 300)
  }
}
