import * as Effect from "effect/Effect"
import type { Check } from "../Check.ts"
import type { Connection } from "../Connection.ts"
import type { Device } from "../Device.ts"
import { isAddress } from "../formats.ts"
import { counted, deviates, duplicateIn, each, holds, ok } from "../judge.ts"

const needs = { several: true }

/** Returns the addresses of all clients. */
const addresses = (client: Connection) =>
  Effect.map(client.ask("?client-list"), ({ informs }) => informs.map(({ args }) => args[0] ?? ""))

/** Connects a client that is informed of a second one; returns the new addresses too. */
const second = Effect.fnUntraced(function* (device: Device) {
  const first = yield* device.connect
  const before = yield* addresses(first)
  // reads informs about earlier clients
  yield* first.exchange("")
  const other = yield* device.connect
  const after = yield* addresses(other)
  return { first, other, fresh: after.filter((address) => !before.includes(address)) }
})

export const checks: ReadonlyArray<Check> = [
  {
    id: "client-001",
    title: "Two clients are served at once",
    clause: "Rev 5.1 §8",
    rows: "P-270, P-271",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const one = yield* device.connect
      const other = yield* device.connect
      for (const client of [one, other, one]) yield* ok(yield* client.ask("?watchdog"))
    })
  },
  {
    id: "client-002",
    title: "?client-list counts its informs",
    clause: "Rev 5.1 §8.1",
    rows: "P-060, P-274",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* counted(yield* client.ask("?client-list"))
    })
  },
  {
    id: "client-003",
    title: "?client-list has every client, including the one that asks",
    clause: "Rev 5.1 §8.1",
    rows: "P-274",
    needs,
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const one = yield* device.connect
      const before = yield* addresses(one)
      yield* holds(before.length > 0, "#client-list of the client that asks", "none")
      yield* device.connect
      yield* device.connect
      const answer = yield* one.ask("?client-list")
      const fresh = answer.informs.filter(({ args }) => !before.includes(args[0] ?? ""))
      yield* holds(fresh.length >= 2, "#client-list of two clients more", answer.informs)
    })
  },
  {
    id: "client-004",
    title: "#client-list has one address with a port",
    clause: "Rev 5.1 §8.1, §3",
    rows: "P-080, P-274",
    needs: { ...needs, major: 5 },
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const { informs } = yield* client.ask("?client-list")
      yield* each(
        informs,
        ({ args }) => args.length === 1 && isAddress(args[0]!, true),
        "#client-list ADDRESS:PORT, as the datatype address has it"
      )
    })
  },
  {
    id: "client-005",
    title: "?client-list has each client once",
    clause: "Rev 5.1 §8.1",
    rows: "P-274",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* device.connect
      const twice = duplicateIn(yield* addresses(client))
      if (twice !== undefined) return yield* deviates("each client once", `#client-list ${twice} twice`)
    })
  },
  {
    id: "client-006",
    title: "A client that has disconnected is no longer in ?client-list",
    clause: "Rev 5.1 §8.1",
    rows: "P-274",
    needs,
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const before = yield* addresses(client)
      const gone = yield* Effect.scoped(
        Effect.gen(function* () {
          yield* device.connect
          return (yield* addresses(client)).filter((address) => !before.includes(address))
        })
      )
      // the device may need a moment to see the end
      for (let tries = 0; tries < 20; tries++) {
        const left = yield* addresses(client)
        if (!gone.some((address) => left.includes(address))) return
        yield* Effect.sleep("50 millis")
      }
      return yield* deviates("no client that has gone", `#client-list ${gone.join(" ")}`)
    })
  },
  {
    id: "client-007",
    title: "The other clients are informed of a new one by #client-connected",
    clause: "Rev 5.1 §8.2",
    rows: "P-273, P-275, P-276",
    needs,
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const { first } = yield* second(device)
      const line = yield* first.take("#client-connected", (line) => line.isInform("client-connected"))
      yield* holds(line.args.length === 1, "#client-connected TEXT", line)
    })
  },
  {
    id: "client-008",
    title: "#client-connected names the address and port of the new client",
    clause: "Rev 5.1 §8.2",
    rows: "P-275",
    needs,
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const { first, fresh } = yield* second(device)
      const line = yield* first.take("#client-connected", (line) => line.isInform("client-connected"))
      yield* holds(
        fresh.some((address) => line.args[0]?.includes(address)),
        `#client-connected with ${fresh.join(" or ")}, as ?client-list has it`,
        line
      )
    })
  },
  {
    id: "client-009",
    title: "The new client itself gets no #client-connected",
    clause: "Rev 5.1 §8",
    rows: "P-273",
    needs,
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      yield* device.connect
      const other = yield* device.open
      yield* each(
        yield* other.exchange(""),
        (line) => !line.isInform("client-connected"),
        "no #client-connected of oneself"
      )
    })
  },
  {
    id: "client-010",
    title: "Replies and the informs before them go only to the client that asks",
    clause: "Rev 5.1 §8",
    rows: "P-272",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const one = yield* device.connect
      const other = yield* device.connect
      yield* one.ask("?help")
      yield* one.ask("?sensor-value")
      const lines = yield* other.exchange("")
      yield* each(
        lines,
        ({ kind, name }) => kind !== "reply" && name !== "help" && name !== "sensor-value",
        "nothing of what another client asks"
      )
    })
  },
  {
    id: "client-011",
    title: "Two clients may use the same id",
    clause: "Rev 5.1 §2.2, §8",
    rows: "P-054, P-272",
    needs: { ...needs, flag: "I" },
    run: Effect.fnUntraced(function* (device) {
      const one = yield* device.connect
      const other = yield* device.connect
      yield* one.send("?help[1] watchdog\n")
      yield* other.send("?help[1] log-level\n")
      const informs = [...(yield* one.answer("?help[1]")).informs, ...(yield* other.answer("?help[1]")).informs]
      yield* holds(
        informs.length === 2 && informs[0]!.args[0] === "watchdog" && informs[1]!.args[0] === "log-level",
        "#help[1] watchdog for the one, #help[1] log-level for the other",
        informs
      )
    })
  },
  {
    id: "client-012",
    title: "Malformed input of one client does not disturb another",
    clause: "Rev 5.1 §8",
    rows: "P-016",
    needs,
    run: Effect.fnUntraced(function* (device) {
      const one = yield* device.connect
      const other = yield* device.connect
      const every = Array.from({ length: 256 }, (_, byte) => `?help ${String.fromCharCode(byte)}\n`).join("")
      yield* one.send(every)
      yield* ok(yield* other.ask("?watchdog"))
      const third = yield* device.connect
      yield* ok(yield* third.ask("?watchdog"))
      // the complaints are read: a client that leaves before is a trial of its own
      yield* Effect.ignore(one.exchange(""))
    })
  },
  {
    id: "client-013",
    title: "A client is served while a slow request of another runs",
    clause: "Rev 5.1 §8",
    rows: "P-001, P-106",
    needs: { ...needs, requests: ["sleep"] },
    run: Effect.fnUntraced(function* (device) {
      const one = yield* device.connect
      const other = yield* device.connect
      yield* one.send("?sleep 1\n")
      yield* ok(yield* other.ask("?watchdog"))
      yield* each(one.inbox, (line) => line.kind !== "reply", "!watchdog ok before !sleep ok")
      yield* ok(yield* one.answer("?sleep"))
    })
  },
  {
    id: "client-014",
    title: "Twenty clients at once are served",
    clause: "Rev 5.1 §8",
    rows: "P-270",
    note: "No number is given; a device that serves fewer at once cannot be checked",
    needs,
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const clients = yield* Effect.forEach(Array.from({ length: 20 }), () => device.connect, { concurrency: 20 })
      for (const client of clients) yield* ok(yield* client.ask("?watchdog"))
    })
  },
  {
    id: "client-015",
    title: "A client that closes its half of the connection is disconnected, and the others are served",
    clause: "Rev 5.1 §2",
    rows: "P-001, P-003",
    note: "The specification does not say if its requests are still answered",
    run: Effect.fnUntraced(function* (device) {
      const one = yield* device.connect
      yield* one.send("?watchdog\n")
      yield* one.finish
      yield* one.ended("the end of the connection, when the client has ended its direction")
      const other = yield* device.connect
      yield* ok(yield* other.ask("?watchdog"))
    })
  },
  {
    id: "client-016",
    title: "A client that disconnects before its replies arrive disturbs no other client",
    clause: "Rev 5.1 §2",
    rows: "P-001, P-016",
    harm: "a device that logs each failed write to its clients may never stop",
    run: Effect.fnUntraced(function* (device) {
      yield* Effect.scoped(
        Effect.flatMap(device.connect, (client) => {
          client.isCut = true
          return client.send("?help\n".repeat(100))
        })
      )
      const other = yield* device.connect
      yield* ok(yield* other.ask("?watchdog"))
    })
  }
]
