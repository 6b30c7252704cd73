/** `katcp history` in a pseudo-terminal: a plot. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Effect } from "effect"
import { Store } from "katcp/Archive"
import { layerSqlite } from "katcp/Archive/node"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { batch, definition, start } from "../Archive/readings.ts"
import { inTerminal } from "./terminal.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-history-"))
const store = path.join(folder, "site.db")
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** An hour of a number with a spike, of a state and of a boolean; the device is away for ten minutes. */
beforeAll(() =>
  Effect.gen(function* () {
    const kept = yield* Store
    const [temp, mode, flag] = yield* kept.define([
      definition("rx.temp"),
      definition("mode", "discrete", ""),
      definition("lna.on", "boolean", "")
    ])
    const seconds = Array.from({ length: 3600 }, (_, at) => at).filter((at) => at < 1800 || at >= 2400)
    yield* kept.append(
      batch([
        ...seconds.map((time) => ({
          series: temp!.id,
          time,
          value: time === 1000 ? 500 : 20 + Math.sin(time / 300),
          status: time >= 3000 ? ("warn" as const) : ("nominal" as const)
        })),
        { series: mode!.id, time: 0, value: "stow" },
        { series: mode!.id, time: 900, value: "track" },
        { series: mode!.id, time: 2700, value: "idle" },
        { series: flag!.id, time: 600, value: true }
      ])
    )
    yield* kept.putGaps([
      { device: "m000", sensor: "", from: (start + 1800) * 1e6, to: (start + 2400) * 1e6, reason: "away", lost: 0 }
    ])
  }).pipe(Effect.provide(layerSqlite(store, { quiet: true })), Effect.scoped, Effect.runPromise)
)

const history = (words: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  inTerminal(["history", "--utc", "--from", `${start}`, "--to", `${start + 3600}`, ...words], {
    KATCP_STORE: store,
    NO_COLOR: "1",
    ...environment
  })

describe("katcp history on a terminal", () => {
  it("draws numbers with their extremes, states as rows, and gaps as gaps", async () => {
    const plot = history(["m000"], { LC_ALL: "C" })
    // the scale goes up to the spike; the state, the gap and the status are distinguishable without colours
    await plot.shows(
      /500\+ +\*[\s\S]*status +U+ +!+\r\n +a +#+U+#+\r\n +b \|stow-+\|track-+U+\|track-+\|idle-+\r\n[\s\S]*! warn {2}U unreachable/
    )
    assert.deepStrictEqual(await plot.closed, [0, null])
  })

  it("draws a table on request, and each reading with --raw", async () => {
    const table = history(["--format", "table", "--points", "6", "m000/rx.temp"])
    await table.shows(/time +sensor +readings +min +mean +max +last +units +worst\r\n(?:.*rx\.temp.*\r\n){5}$/)
    assert.deepStrictEqual(await table.closed, [0, null])
    const raw = history(["--raw", "m000/mode"])
    await raw.shows(/time +sensor +value +units +status\r\n.*stow.*\r\n.*track.*\r\n.*idle.*\r\n$/)
    assert.deepStrictEqual(await raw.closed, [0, null])
  })

  it("says so when there is nothing to draw", async () => {
    const none = inTerminal(["history", "--from", "2000-01-01", "--to", "2000-01-02", "m000"], { KATCP_STORE: store })
    await none.shows("the archive has no data for that time")
    assert.deepStrictEqual(await none.closed, [0, null])
  })
})
