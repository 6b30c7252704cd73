/**
 * The table of sensors: sorted by its columns, with selection for a plot, and control by keyboard. Only the rows on the
 * screen exist.
 */
import { render } from "preact"
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks"
import { type Address, href, usualRange } from "../state/address.ts"
import { counted } from "../state/format.ts"
import type { Row } from "../state/Sensors.ts"
import type { Column } from "../state/select.ts"
import { go, live, seconds, zone } from "./app.ts"
import { Icon, StatusIcon } from "./icons.tsx"
import type { RowStyle } from "./RowElement.ts"
import { useNarrow } from "./useNarrow.ts"
import { VirtualRows } from "./VirtualRows.ts"

/** The titles of the columns. */
export const columnTitles: Readonly<Record<Column, string>> = {
  status: "Status",
  name: "Sensor",
  value: "Value",
  units: "Units",
  updated: "Updated",
  type: "Type",
  description: "Description"
}

/** The smallest width of each column in pixels, and its share of the rest. */
const widths: Readonly<Record<Column, readonly [least: number, share: number]>> = {
  status: [118, 0.2],
  name: [210, 2.2],
  value: [200, 1],
  units: [76, 0.4],
  updated: [96, 0.3],
  type: [92, 0.2],
  description: [180, 3]
}

/** The number of sensors in one plot. Given by the colours that people can distinguish. */
const mostPlotted = 8

const icons = new Map<number, Element>()
/** Returns a copy of the icon of a status. */
const iconOf = (code: number): Node => {
  let icon = icons.get(code)
  if (icon === undefined) {
    const holder = document.createElement("div")
    render(<StatusIcon code={code} />, holder)
    icon = holder.firstElementChild!
    icons.set(code, icon)
  }
  return icon.cloneNode(true)
}

/** The table. */
export const SensorTable = (props: {
  readonly address: Extract<Address, { view: "sensors" }>
  readonly rows: ReadonlyArray<Row>
  readonly onSort: (column: Column) => void
}) => {
  const { by, columns, descending } = props.address
  const scroller = useRef<HTMLDivElement>(null)
  const body = useRef<HTMLDivElement>(null)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const chosenNow = useRef(chosen)
  chosenNow.current = chosen
  const narrow = useNarrow()
  const style = useMemo(
    (): RowStyle => ({
      columns,
      zone: zone.value,
      narrow,
      icon: iconOf,
      isChosen: (row) => chosenNow.current.has(row.key)
    }),
    [String(columns), zone.value, narrow]
  )
  const table = useRef<VirtualRows | undefined>(undefined)
  useLayoutEffect(() => {
    table.current = new VirtualRows(scroller.current!, body.current!, style)
    return () => table.current!.dispose()
  }, [])
  useLayoutEffect(() => table.current!.restyle(style, narrow ? 60 : 36), [style, narrow])
  useLayoutEffect(() => table.current!.show(props.rows), [props.rows])
  useLayoutEffect(() => table.current!.each((row) => row.choose()), [chosen])
  useEffect(() => seconds.subscribe(() => table.current?.each((row) => row.age())), [])

  const toggle = (row: Row | undefined) => {
    if (row === undefined) return
    const next = new Set(chosen)
    if (!next.delete(row.key) && next.size < mostPlotted) next.add(row.key)
    setChosen(next)
  }
  const open = (row: Row | undefined) => {
    if (row !== undefined) go({ view: "sensor", sensors: [row.key], range: usualRange })
  }
  const press = (event: KeyboardEvent) => {
    const rows = table.current!
    const moves: Record<string, number> = {
      ArrowDown: rows.activeIndex + 1,
      ArrowUp: rows.activeIndex - 1,
      PageDown: rows.activeIndex + rows.page,
      PageUp: rows.activeIndex - rows.page,
      Home: 0,
      End: props.rows.length - 1
    }
    const to = moves[event.key]
    if (to !== undefined) rows.activate(to)
    else if (event.key === "Enter") open(rows.active)
    else if (event.key === " ") toggle(rows.active)
    else return
    event.preventDefault()
  }
  const click = (event: MouseEvent) => {
    const index = table.current!.indexOf(event.target)
    if (index === -1) return
    const row = props.rows[index]
    if ((event.target as Element).closest(".choice") !== null) toggle(row)
    else if ((event.target as Element).closest("a") === null) open(row)
  }

  return (
    <>
      <div
        ref={scroller}
        class={`table ${narrow ? "narrow" : ""}`}
        role="grid"
        aria-label="Sensors"
        aria-rowcount={props.rows.length + 1}
        aria-multiselectable="true"
        tabIndex={0}
        onKeyDown={press}
        onClick={click}
        style={{
          "--columns": columns.map((column) => `minmax(${widths[column][0]}px, ${widths[column][1]}fr)`).join(" "),
          "--least": `${columns.reduce((sum, column) => sum + widths[column][0], 64)}px`
        }}
      >
        <div role="rowgroup" class="table-head">
          <div role="row" class="row heading" aria-rowindex={1}>
            <div role="columnheader" class="cell choice">
              <span class="unseen">Selected for a plot</span>
            </div>
            {columns.map((column) => (
              <div
                key={column}
                role="columnheader"
                class={`cell ${column}`}
                aria-sort={by === column ? (descending ? "descending" : "ascending") : "none"}
              >
                <button type="button" onClick={() => props.onSort(column)}>
                  {columnTitles[column]}
                  {by === column ? <Icon name={descending ? "down" : "up"} /> : null}
                </button>
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" ref={body} class="table-body" />
        {props.rows.length === 0 ? <Nothing /> : null}
      </div>
      {chosen.size > 0 ? (
        <div class="choice-bar" role="status">
          <span>{counted(chosen.size, "sensor")} selected</span>
          <a class="button primary" href={href({ view: "sensor", sensors: [...chosen], range: usualRange })}>
            <Icon name="plot" />
            Plot
          </a>
          <button type="button" class="quiet" onClick={() => setChosen(new Set())}>
            Clear
          </button>
        </div>
      ) : null}
    </>
  )
}

const Nothing = () => (
  <p class="nothing">
    {live.sensors.rows.size > 0
      ? "No sensors match. Clear a filter, or search for fewer words."
      : live.settled
        ? "The devices have no sensors."
        : "Waiting for the first readings…"}
  </p>
)
