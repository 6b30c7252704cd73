/** The view of all sensors: filters above a table. */
import { useEffect, useRef } from "preact/hooks"
import { type Address, allSensors } from "../state/address.ts"
import { counted, countText, visible } from "../state/format.ts"
import { columns as allColumns, type Column, filtered, isLive, sorted } from "../state/select.ts"
import { codesByGravity, statusWord, statusWords } from "../state/status.ts"
import { deviceChanges, go, live, readingChanges, structureChanges } from "./app.ts"
import { Icon, StatusIcon } from "./icons.tsx"
import { columnTitles, SensorTable } from "./SensorTable.tsx"
import { useAll } from "./useAll.ts"

type SensorsAddress = Extract<Address, { view: "sensors" }>

/** The view of all sensors. */
export const SensorsView = ({ address }: { readonly address: SensorsAddress }) => {
  useAll()
  structureChanges.value
  deviceChanges.value
  const { by, codes, columns, descending, device, text } = address
  const change = (to: Partial<SensorsAddress>) => go({ ...address, ...to }, true)
  const search = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const find = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target instanceof HTMLInputElement) return
      event.preventDefault()
      search.current?.focus()
    }
    addEventListener("keydown", find)
    return () => removeEventListener("keydown", find)
  }, [])

  const order = { by, descending }
  if (isLive(address, order)) readingChanges.value
  const all = live.sensors.ordered
  const rows = sorted(filtered(all, address), order)
  const counts = countsOf(device)
  const devices = [...live.devices.keys()].sort()

  return (
    <div class="view sensors-view">
      <header class="head">
        <h1>Sensors</h1>
        <p class="count" role="status">
          {rows.length === all.length
            ? counted(all.length, "sensor")
            : `${countText(rows.length)} of ${counted(all.length, "sensor")}`}
        </p>
      </header>
      <search class="tools">
        <label class="field search">
          <Icon name="search" />
          <span class="unseen">Search names and descriptions</span>
          <input
            ref={search}
            type="search"
            placeholder="Search names and descriptions"
            value={text}
            onInput={(event) => change({ text: event.currentTarget.value })}
            aria-keyshortcuts="/"
          />
          <kbd aria-hidden="true">/</kbd>
        </label>
        {devices.length > 1 || device !== "" ? (
          <label class="field">
            <span class="unseen">Device</span>
            <select value={device} onChange={(event) => change({ device: event.currentTarget.value })}>
              <option value="">All devices</option>
              {[...new Set([...devices, ...(device === "" ? [] : [device])])].map((name) => (
                <option key={name} value={name}>
                  {visible(name)}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        <ColumnChoice columns={columns} onChange={(columns) => change({ columns })} />
        <fieldset class="chips">
          <legend class="unseen">Status</legend>
          {codesByGravity.map((code) => {
            const isOn = codes.includes(code)
            if (!isOn && (counts[code] ?? 0) === 0 && code !== 2 && code !== 3) return null
            return (
              <button
                key={code}
                type="button"
                class={`chip s${code}`}
                aria-pressed={isOn}
                onClick={() => change({ codes: isOn ? codes.filter((other) => other !== code) : [...codes, code] })}
              >
                <StatusIcon code={code} />
                {statusWord(code)} <b class="number">{countText(counts[code] ?? 0)}</b>
              </button>
            )
          })}
          {codes.length > 0 || text !== "" || device !== "" ? (
            <button type="button" class="quiet" onClick={() => go({ ...allSensors, by, descending, columns }, true)}>
              Clear filters
            </button>
          ) : null}
        </fieldset>
      </search>
      <SensorTable
        address={address}
        rows={rows}
        onSort={(column) => change({ by: column, descending: by === column ? !descending : false })}
      />
    </div>
  )
}

/** The numbers of sensors by status code, from the gateway. */
const countsOf = (device: string): ReadonlyArray<number> => {
  const sums = statusWords.map(() => 0)
  for (const { counts, name } of live.devices.values())
    if (device === "" || device === name) for (const [code, count] of counts.entries()) sums[code]! += count
  return sums
}

const ColumnChoice = (props: {
  readonly columns: ReadonlyArray<Column>
  readonly onChange: (columns: ReadonlyArray<Column>) => void
}) => (
  <details class="menu">
    <summary class="button">
      <Icon name="columns" />
      Columns
    </summary>
    <fieldset class="pop">
      <legend class="unseen">Visible columns</legend>
      {allColumns.map((column) => (
        <label key={column}>
          <input
            type="checkbox"
            checked={props.columns.includes(column)}
            disabled={column === "name"}
            onChange={({ currentTarget: { checked } }) =>
              props.onChange(allColumns.filter((other) => (other === column ? checked : props.columns.includes(other))))
            }
          />
          {columnTitles[column]}
        </label>
      ))}
    </fieldset>
  </details>
)
