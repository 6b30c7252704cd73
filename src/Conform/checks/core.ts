import * as Effect from "effect/Effect"
import type { Check } from "../Check.ts"
import type { Device } from "../Device.ts"
import { isFloat } from "../formats.ts"
import { counted, deviates, each, failed, holds, ok, refused } from "../judge.ts"

const ask = (device: Device, request: string) => Effect.flatMap(device.connect, (client) => client.ask(request))

export const checks: ReadonlyArray<Check> = [
  {
    id: "core-001",
    title: "?watchdog is answered with ok alone",
    clause: "Rev 5.1 §4.1",
    rows: "P-009, P-106",
    run: (device) => Effect.flatMap(ask(device, "?watchdog"), ok)
  },
  {
    id: "core-002",
    title: "?version-list counts its informs",
    clause: "Rev 5.1 §4.1",
    rows: "P-060, P-107",
    needs: { major: 5 },
    run: (device) => Effect.flatMap(ask(device, "?version-list"), counted)
  },
  {
    id: "core-003",
    title: "#version-list has a name, a version, and optionally a build state or serial number",
    clause: "Rev 5.1 §4.1",
    rows: "P-107, P-108",
    needs: { major: 5 },
    run: Effect.fnUntraced(function* (device) {
      const { informs } = yield* ask(device, "?version-list")
      yield* each(informs, ({ args }) => args.length === 2 || args.length === 3, "#version-list NAME VERSION [BUILD]")
    })
  },
  {
    id: "core-004",
    title: "?version-list has all that #version-connect had, with the same versions",
    clause: "Rev 5.1 §4.1, §4.2",
    rows: "P-107",
    note: "A build state may be left out of one of the two",
    needs: { major: 5 },
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.open
      const greeting = (yield* client.exchange("")).filter((line) => line.isInform("version-connect"))
      const { informs } = yield* client.ask("?version-list")
      for (const { args } of greeting) {
        const [name, version, build] = args
        const found = informs.some(
          ({ args }) => args[0] === name && args[1] === version && (build === undefined || (args[2] ?? build) === build)
        )
        if (!found) return yield* deviates(`#version-list ${args.join(" ")}`, informs)
      }
    })
  },
  {
    id: "hint-001",
    title: "?request-timeout-hint counts its informs",
    clause: "Rev 5.1 §5.1",
    rows: "P-060, P-141",
    needs: { flag: "T" },
    run: (device) => Effect.flatMap(ask(device, "?request-timeout-hint"), counted)
  },
  {
    id: "hint-002",
    title: "#request-timeout-hint has the name of a request and seconds",
    clause: "Rev 5.1 §5.1",
    rows: "P-141",
    needs: { flag: "T" },
    run: Effect.fnUntraced(function* (device) {
      const { informs } = yield* ask(device, "?request-timeout-hint")
      yield* each(
        informs,
        ({ args: [name = "", hint = ""], args }) =>
          args.length === 2 && device.requests.includes(name) && isFloat(hint) && Number(hint) >= 0,
        "#request-timeout-hint NAME SECONDS, of a request that ?help lists"
      )
    })
  },
  {
    id: "hint-003",
    title: "?request-timeout-hint lists only requests that have a hint",
    clause: "Rev 5.1 §5.1",
    rows: "P-141",
    needs: { flag: "T" },
    run: Effect.fnUntraced(function* (device) {
      const { informs } = yield* ask(device, "?request-timeout-hint")
      yield* each(informs, ({ args }) => Number(args[1]) !== 0, "no hint of zero, which means no hint")
    })
  },
  {
    id: "hint-004",
    title: "?request-timeout-hint NAME sends one inform, of that request",
    clause: "Rev 5.1 §5.1",
    rows: "P-142",
    needs: { flag: "T" },
    run: Effect.fnUntraced(function* (device) {
      const answer = yield* ask(device, "?request-timeout-hint watchdog")
      yield* ok(answer, "1")
      yield* holds(
        answer.informs.length === 1 &&
          answer.informs[0]!.args[0] === "watchdog" &&
          isFloat(answer.informs[0]!.args[1] ?? ""),
        "#request-timeout-hint watchdog SECONDS",
        answer.informs
      )
    })
  },
  {
    id: "hint-005",
    title: "?request-timeout-hint of an unknown request fails, with a text",
    clause: "Rev 5.1 §5.1",
    rows: "P-143",
    needs: { flag: "T" },
    run: (device) => Effect.flatMap(ask(device, "?request-timeout-hint no-such-request"), (answer) => failed(answer))
  },
  {
    id: "hint-006",
    title: "A hint is the same in the list and by name",
    clause: "Rev 5.1 §5.1",
    rows: "P-141, P-142",
    needs: { flag: "T" },
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      for (const line of (yield* client.ask("?request-timeout-hint")).informs) {
        const { informs } = yield* client.ask(`?request-timeout-hint ${line.args[0]}`)
        yield* holds(Number(informs[0]?.args[1]) === Number(line.args[1]), `${line}`, informs)
      }
    })
  },
  {
    id: "hint-007",
    title: "Without flag T there is no ?request-timeout-hint",
    clause: "Rev 5.1 §5.1",
    rows: "P-144",
    needs: { without: "T" },
    run: (device) => Effect.flatMap(ask(device, "?request-timeout-hint"), (answer) => refused(answer))
  }
]
