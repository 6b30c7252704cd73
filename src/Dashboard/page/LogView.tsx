/** The log of the devices, as it comes; the newest record is the first. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import type { Level } from "../frames.ts"
import type { Address } from "../state/address.ts"
import { counted, textOf, timeText, visible } from "../state/format.ts"
import { isAtLeast, type Line, levels } from "../state/Lines.ts"
import { deviceChanges, go, live, logChanges, zone } from "./app.ts"

/** The number of records on the page. Measured: 500 take 6 ms to lay out; all 2,000 that are kept, 30 ms. */
const maxShown = 500

/** The records of a level and above. */
export const LogView = ({ address }: { readonly address: Extract<Address, { view: "log" }> }) => {
  logChanges.value
  deviceChanges.value
  const { device, level } = address
  const [held, setHeld] = useState<ReadonlyArray<Line>>()
  useEffect(() => {
    live.logs(level as Level)
    return () => live.logs("off")
  }, [level])
  const matching = live.lines.all.filter(
    (line) => isAtLeast(line.level, level) && (device === "" || line.device === device)
  )
  const newest = matching.slice(-maxShown).reverse()
  const shown =
    held?.filter((line) => isAtLeast(line.level, level) && (device === "" || line.device === device)) ?? newest
  const waiting = held === undefined ? 0 : newest.filter(({ id }) => id > (held[0]?.id ?? -1)).length
  const list = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    if (held === undefined) list.current!.scrollTop = 0
  })
  const devices = [...live.devices.keys()].sort()
  return (
    <div class="view log-view">
      <header class="head">
        <h1>Log</h1>
        <p class="count">
          {counted(matching.length, "record")}
          {live.lines.lost > 0 ? ` · ${counted(live.lines.lost, "record")} dropped` : ""}
        </p>
      </header>
      <search class="tools">
        <label class="field">
          <span>Level</span>
          <select value={level} onChange={({ currentTarget: { value } }) => go({ ...address, level: value }, true)}>
            {levels.map((name) => (
              <option key={name} value={name}>
                {name}
                {name === "fatal" ? "" : " and above"}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Device</span>
          <select value={device} onChange={({ currentTarget: { value } }) => go({ ...address, device: value }, true)}>
            <option value="">All devices</option>
            {[...new Set([...devices, ...(device === "" ? [] : [device])])].map((name) => (
              <option key={name} value={name}>
                {visible(name)}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="button"
          aria-pressed={held !== undefined}
          onClick={() => setHeld(held === undefined ? newest : undefined)}
        >
          {held === undefined ? "Pause" : waiting === 0 ? "Resume" : `Resume (${waiting} new)`}
        </button>
        <button
          type="button"
          class="quiet"
          onClick={() => {
            live.lines.clear()
            setHeld(undefined)
          }}
        >
          Clear
        </button>
      </search>
      <div
        class="log"
        ref={list}
        role="log"
        aria-label="Log records"
        aria-live={level === "fatal" || level === "error" || level === "warn" ? "polite" : "off"}
        tabIndex={0}
      >
        {shown.length === 0 ? (
          <p class="nothing">No records at this level since the page was opened.</p>
        ) : (
          <ol>
            {shown.map((line) => (
              <Record key={line.id} line={line} />
            ))}
          </ol>
        )}
      </div>
    </div>
  )
}

/** The longest record on the page, in characters. Not measured: a screen of text. */
const longest = 2000

const Record = ({ line }: { readonly line: Line }) => (
  <li class={`record l-${levels.includes(line.level as never) ? line.level : "info"}`}>
    <time class="number" title={timeText(line.time, zone.value, "ms")}>
      {timeText(line.time, zone.value, "clock")}
    </time>
    <span class="level">{textOf(line.level, 20)}</span>
    <bdi class="from">
      {textOf(line.device, 60)}
      <span class="dim"> {textOf(line.logger, 80)}</span>
    </bdi>
    <bdi class="words">{textOf(line.text, longest)}</bdi>
  </li>
)
