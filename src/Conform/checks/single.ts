import * as Effect from "effect/Effect"
import type { Check } from "../Check.ts"
import { sensorOf } from "../Device.ts"
import { isAddress } from "../formats.ts"
import { each, holds, ok } from "../judge.ts"

export const checks: ReadonlyArray<Check> = [
  {
    id: "single-001",
    title: "A new client replaces the previous one, which receives #disconnect",
    clause: "Rev 5.1 §9",
    rows: "P-120, P-290",
    needs: { several: false },
    run: Effect.fnUntraced(function* (device) {
      const one = yield* device.connect
      yield* device.connect
      const line = yield* one.take("#disconnect", (line) => line.isInform("disconnect"))
      yield* holds(line.args.length === 1 && line.args[0] !== "", "#disconnect TEXT", line)
    })
  },
  {
    id: "single-002",
    title: "That #disconnect names the address and port of the new client",
    clause: "Rev 5.1 §4.2, §9",
    rows: "P-121, P-290",
    needs: { several: false },
    run: Effect.fnUntraced(function* (device) {
      const one = yield* device.connect
      yield* device.connect
      const line = yield* one.take("#disconnect", (line) => line.isInform("disconnect"))
      const words = (line.args[0] ?? "").split(/[\s,;()'"]+/).map((word) => word.replace(/\.$/, ""))
      yield* holds(
        words.some((word) => isAddress(word, true)),
        "#disconnect with ADDRESS:PORT of the new client",
        line
      )
    })
  },
  {
    id: "single-003",
    title: "The connection of the previous client is closed",
    clause: "Rev 5.1 §9",
    rows: "P-290",
    needs: { several: false },
    run: Effect.fnUntraced(function* (device) {
      const one = yield* device.connect
      yield* ok(yield* one.ask("?watchdog"))
      yield* device.connect
      yield* one.ended("the end of the connection of the client before")
    })
  },
  {
    id: "single-004",
    title: "The new client is served",
    clause: "Rev 5.1 §9",
    rows: "P-290",
    needs: { several: false },
    run: Effect.fnUntraced(function* (device) {
      yield* device.connect
      const other = yield* device.connect
      yield* ok(yield* other.ask("?watchdog"))
    })
  },
  {
    id: "single-005",
    title: "There is no ?client-list",
    clause: "Rev 5.1 §9",
    rows: "P-291",
    needs: { several: false },
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const { reply } = yield* client.ask("?client-list")
      yield* holds(!reply.isOk && !device.requests.includes("client-list"), "!client-list with a failure code", reply)
    })
  },
  {
    id: "single-006",
    title: "No client receives #client-connected",
    clause: "Rev 5.1 §9",
    rows: "P-291",
    needs: { several: false },
    run: Effect.fnUntraced(function* (device) {
      const one = yield* device.connect
      yield* ok(yield* one.ask("?watchdog"))
      yield* device.connect
      yield* one.ended("the end of the connection of the client before")
      yield* each(one.inbox, (line) => !line.isInform("client-connected"), "no #client-connected")
    })
  },
  {
    id: "single-007",
    title: "For a new client every strategy is `none`",
    clause: "Rev 5.1 §9",
    rows: "P-292",
    needs: { several: false, sensor: "any" },
    run: Effect.fnUntraced(function* (device) {
      const { name } = yield* sensorOf(device, "any")
      const one = yield* device.connect
      yield* one.ask(`?sensor-sampling ${name} auto`)
      const other = yield* device.connect
      yield* ok(yield* other.ask(`?sensor-sampling ${name}`), name, "none")
    })
  }
]
