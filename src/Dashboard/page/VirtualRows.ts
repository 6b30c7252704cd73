/**
 * The body of a table in which only the rows on the screen exist. All rows have the same height, so their positions are
 * arithmetic, and a table of 100,000 costs the same as one of 40.
 */
import type { Row } from "../state/Sensors.ts"
import { RowElement, type RowStyle } from "./RowElement.ts"

/** The number of rows beyond each edge of the screen. Not measured: enough for a turn of the wheel. */
const beyond = 6
/** Given by browsers: Firefox (17.9 million) and others (33 million) cut elements higher than this, in pixels. */
const highest = 16_000_000

/** The rows of a table on the screen. */
export class VirtualRows {
  readonly #scroller: HTMLElement
  readonly #body: HTMLElement
  #style: RowStyle
  #rows: ReadonlyArray<Row> = []
  #pool: Array<RowElement> = []
  #height = 36
  #active = -1
  readonly #observer: ResizeObserver
  /** Called with the row that has the keyboard. */
  onActive: (index: number) => void = () => {}

  /** `scroller` scrolls, and `body` within it has the rows. */
  constructor(scroller: HTMLElement, body: HTMLElement, style: RowStyle) {
    this.#scroller = scroller
    this.#body = body
    this.#style = style
    scroller.addEventListener("scroll", this.#place, { passive: true })
    this.#observer = new ResizeObserver(this.#place)
    this.#observer.observe(scroller)
  }

  dispose(): void {
    this.#observer.disconnect()
    this.#scroller.removeEventListener("scroll", this.#place)
    this.#empty()
  }

  /** Shows other rows. */
  show(rows: ReadonlyArray<Row>): void {
    const active = this.#rows[this.#active]
    this.#rows = rows
    // the keyboard stays at its sensor
    if (active !== undefined) this.#active = rows.indexOf(active)
    this.#body.style.height = `${Math.min(highest, rows.length * this.#height)}px`
    this.#place()
  }

  /** Recreates all rows, with other columns or another height. */
  restyle(style: RowStyle, height: number): void {
    this.#style = style
    this.#height = height
    this.#empty()
    this.show(this.#rows)
  }

  #empty(): void {
    for (const row of this.#pool) row.release()
    this.#pool = []
  }

  /** Calls a function for each row on the screen. */
  each(use: (row: RowElement) => void): void {
    for (const row of this.#pool) if (row.row !== undefined) use(row)
  }

  /** The sensor that has the keyboard. */
  get active(): Row | undefined {
    return this.#rows[this.#active]
  }

  /** Moves the keyboard to a row, and shows it. */
  activate(index: number): void {
    this.#active = Math.max(0, Math.min(this.#rows.length - 1, index))
    const top = this.#active * this.#height
    const header = this.#body.offsetTop
    const { clientHeight, scrollTop } = this.#scroller
    if (top < scrollTop) this.#scroller.scrollTop = top
    else if (top + this.#height + header > scrollTop + clientHeight)
      this.#scroller.scrollTop = top + this.#height + header - clientHeight
    this.#place()
  }

  /** The position of the keyboard; -1 before its first use. */
  get activeIndex(): number {
    return this.#active
  }

  /** The rows that fit on the screen. */
  get page(): number {
    return Math.max(1, Math.floor(this.#scroller.clientHeight / this.#height) - 2)
  }

  /** The position of the row of an element. */
  indexOf(target: EventTarget | null): number {
    const found = target instanceof Element ? target.closest(".row") : null
    const row = this.#pool.find(({ element }) => element === found)?.row
    return row === undefined ? -1 : this.#rows.indexOf(row)
  }

  readonly #place = (): void => {
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / this.#height) - beyond)
    const shown = Math.ceil(this.#scroller.clientHeight / this.#height) + 2 * beyond
    const last = Math.min(this.#rows.length, first + shown)
    while (this.#pool.length > shown) this.#pool.pop()!.release()
    while (this.#pool.length < Math.min(shown, this.#rows.length))
      this.#pool.push(new RowElement(this.#style, `row-${this.#pool.length}`))
    // a row that stays on the screen keeps its elements
    const used = new Set<RowElement>()
    for (let index = first; index < last; index++) {
      const element = this.#pool[index % this.#pool.length]!
      element.bind(this.#rows[index]!, index, this.#height)
      element.element.classList.toggle("active", index === this.#active)
      if (!element.element.isConnected) this.#body.append(element.element)
      used.add(element)
    }
    for (const element of this.#pool) if (!used.has(element) && element.row !== undefined) element.release()
    const active = [...used].find(({ row }) => row !== undefined && row === this.active)
    this.#scroller.setAttribute("aria-activedescendant", active?.element.id ?? "")
    if (active === undefined) this.#scroller.removeAttribute("aria-activedescendant")
    this.onActive(this.#active)
  }
}
