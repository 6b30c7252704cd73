/** Lists the devices with their runners: `katcp fleet ls`. */
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type { Placement } from "../../../Fleet/index.ts"
import * as flags from "../../flags.ts"
import { ageText } from "../../show/age.ts"
import { Output } from "../../show/Output.ts"
import { type Column, table } from "../../show/table.ts"
import { devicesNamed, fleetFlag, holderOf, labelsOf, labelsText, openFleet, pictureOf } from "./store.ts"

const columns: ReadonlyArray<Column> = [
  { title: "device" },
  { title: "address", shrinks: "last" },
  { title: "runner" },
  { title: "state" },
  { title: "since", right: true },
  { title: "epoch", right: true },
  { title: "labels", shrinks: "first" },
  { title: "error", shrinks: "first" }
]

/** The address of a device, as in its section. */
const addressOf = ({ section }: Placement): string =>
  typeof section === "string" ? section : String((section as { readonly address?: unknown } | null)?.address ?? "")

/** `katcp fleet ls`. */
export const ls = Command.make(
  "ls",
  {
    words: flags.words("NAME", "The devices: names or globs; default: all"),
    label: Flag.String("label").pipe(
      Flag.withAlias("l"),
      Flag.withMetavar("NAME=VALUE"),
      Flag.withDescription("Only devices with this label. May be repeated"),
      Flag.atLeast(0)
    ),
    fleet: fleetFlag,
    json: flags.json
  },
  Effect.fnUntraced(function* (input) {
    const output = yield* Output
    const labels = Object.entries(yield* labelsOf(input.label))
    const store = yield* openFleet(input.fleet)
    const picture = yield* pictureOf(store)
    const names = input.words.length === 0 ? [...picture.devices.keys()] : yield* devicesNamed(input.words, picture)
    const now = yield* Clock.currentTimeMillis
    const rows = names
      .map((name) => picture.devices.get(name)!)
      .filter((one) => labels.every(([key, value]) => one.labels[key] === value))
    if (input.json) {
      for (const one of rows) {
        const { device, epoch, error, labels, prefers, section, since, state } = one
        const runner = holderOf(one, picture)?.name
        yield* output.json({
          device,
          section,
          ...(Object.keys(labels).length === 0 ? {} : { labels }),
          ...(runner === undefined ? { state: "unheld" } : { runner, state, since: (since ?? 0) / 1000 }),
          epoch,
          ...(prefers === undefined ? {} : { prefers }),
          ...(error === undefined || runner === undefined ? {} : { error })
        })
      }
      return
    }
    const cells = rows.map((one) => {
      const holder = holderOf(one, picture)
      const state = holder === undefined ? "unheld" : one.state === "" ? "starting" : one.state
      return [
        { text: one.device },
        { text: addressOf(one) },
        { text: holder === undefined ? "-" : one.prefers === holder.name ? `${holder.name} (preferred)` : holder.name },
        {
          text: state,
          show: (text: string) =>
            state === "synced" ? text : output.paint(state === "connected" ? "yellow" : "red", text)
        },
        { text: holder === undefined || one.since === undefined ? "" : ageText((now - one.since) / 1000) },
        { text: String(one.epoch) },
        { text: labelsText(one.labels) },
        { text: holder === undefined ? "" : (one.error ?? "") }
      ]
    })
    // empty columns are omitted
    const used = columns.map((_, at) => cells.some((row) => row[at]!.text !== "") || at < 4)
    const kept = <A>(all: ReadonlyArray<A>) => all.filter((_, at) => used[at])
    yield* Effect.forEach(table(kept(columns), cells.map(kept), output.terminal()?.columns), output.line, {
      discard: true
    })
    const held = rows.filter((one) => holderOf(one, picture) !== undefined)
    const synced = held.filter(({ state }) => state === "synced").length
    yield* output.note(`katcp: ${rows.length} devices, ${held.length} held, ${synced} synced`)
  }, Effect.scoped)
).pipe(
  Command.withDescription("List the devices of a fleet: the runner of each, its state, and since when"),
  Command.withExamples([
    { command: "katcp fleet ls", description: "All devices" },
    { command: "katcp fleet ls 'm0*' --label site=a --json", description: "Some, as JSON lines" }
  ])
)
