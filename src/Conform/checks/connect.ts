import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Protocol } from "../../Message/index.ts"
import type { Check } from "../Check.ts"
import type { Device } from "../Device.ts"
import { deviates, duplicateIn, each, holds } from "../judge.ts"
import type { Line } from "../Line.ts"
import type { Verdict } from "../Verdict.ts"

/** Returns the greeting of a new client: all lines before the reply to its first request. */
const greeting = (device: Device) => Effect.flatMap(device.open, (client) => client.exchange(""))

const isRole = (line: Line, role: string) => line.isInform("version-connect") && line.args[0] === role

/** Returns the version of `katcp-protocol` in wire form. */
const protocolOf = Effect.fnUntraced(function* (device: Device) {
  const client = yield* device.open
  const line = yield* client.take("#version-connect katcp-protocol ...", (line) => isRole(line, "katcp-protocol"))
  return { line, text: line.args[1] ?? "" }
})

/** Connects and disconnects ten clients, and expects a greeting for one more. */
const comeAndGo = Effect.fnUntraced(function* (
  device: Device,
  come: () => Effect.Effect<unknown, Verdict, Scope.Scope>
) {
  for (let count = 0; count < 10; count++) yield* Effect.scoped(come())
  const lines = yield* greeting(device)
  if (device.greeting.length > 0 && lines.length === 0)
    return yield* deviates("a greeting after ten connections that were closed at once", lines)
})

export const checks: ReadonlyArray<Check> = [
  {
    id: "connect-001",
    title: "A new client receives the protocol by #version-connect katcp-protocol",
    clause: "Rev 5.1 §4.2",
    rows: "P-122",
    needs: { major: 5 },
    run: (device) => Effect.asVoid(protocolOf(device))
  },
  {
    id: "connect-002",
    title: "The version has the form MAJOR.MINOR or MAJOR.MINOR-FLAGS, both whole numbers",
    clause: "Rev 5.1 §4.2",
    rows: "P-122, P-123",
    needs: { major: 5 },
    run: Effect.fnUntraced(function* (device) {
      const { line, text } = yield* protocolOf(device)
      yield* holds(
        line.args.length === 2 && /^\d+\.\d+(-[A-Za-z0-9]+)?$/.test(text),
        "#version-connect katcp-protocol MAJOR.MINOR[-FLAGS]",
        line
      )
    })
  },
  {
    id: "connect-003",
    title: "No flag is repeated",
    clause: "Rev 5.1 §4.2",
    rows: "P-123",
    needs: { major: 5 },
    run: Effect.fnUntraced(function* (device) {
      const { line, text } = yield* protocolOf(device)
      yield* holds(duplicateIn([...(text.split("-")[1] ?? "")]) === undefined, "flags of unique characters", line)
    })
  },
  {
    id: "connect-004",
    title: "Flags are announced by versions that have them: I from 5.0, T and B from 5.1",
    clause: "Rev 5.1 §4.2, §5.1, §7.2",
    rows: "P-124",
    needs: { major: 5 },
    run: Effect.fnUntraced(function* (device) {
      const { line, text } = yield* protocolOf(device)
      const protocol = Option.getOrUndefined(Protocol.parse(text))
      const wrong = protocol?.flags.filter((flag) => !protocol.supports(flag)) ?? []
      yield* holds(protocol !== undefined && wrong.length === 0, `no flag ${wrong.join("")} at this version`, line)
    })
  },
  {
    id: "connect-005",
    title: "Each #version-connect has a name, a version, and optionally a build state or serial number",
    clause: "Rev 5.1 §4.2",
    rows: "P-107, P-125, P-126, P-127",
    needs: { major: 5 },
    run: Effect.fnUntraced(function* (device) {
      const lines = (yield* greeting(device)).filter((line) => line.isInform("version-connect"))
      yield* each(
        lines,
        ({ args }) => (args.length === 2 || args.length === 3) && args[0] !== "",
        "#version-connect NAME VERSION [BUILD]"
      )
    })
  },
  {
    id: "connect-006",
    title: "The greeting comes before the reply to a request that is sent at once",
    clause: "Rev 5.1 §4.2",
    rows: "P-128",
    run: Effect.fnUntraced(function* (device) {
      const lines = yield* greeting(device)
      const [name, role] = device.protocol.major >= 5 ? ["version-connect", "katcp-protocol"] : ["version", undefined]
      yield* holds(
        lines.some((line) => line.isInform(name) && (role === undefined || line.args[0] === role)),
        `#${name} before the first reply`,
        lines
      )
    })
  },
  {
    id: "connect-007",
    title: "The greeting consists of informs only",
    clause: "Rev 5.1 §2, §4.2",
    rows: "P-004",
    run: Effect.fnUntraced(function* (device) {
      yield* each(yield* greeting(device), (line) => line.kind === "inform", "informs, and nothing else, on connecting")
    })
  },
  {
    id: "connect-008",
    title: "A new client receives the version of the interface by #version NAME-MAJOR.MINOR",
    clause: "Rev 4 §4.2",
    rows: "P-132",
    needs: { major: 4 },
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.open
      const line = yield* client.take("#version ...", (line) => line.isInform("version"))
      yield* holds(
        line.args.length === 1 && /^.+-\d+\.\d+$/.test(line.args[0]!),
        "#version NAME-MAJOR.MINOR, one argument",
        line
      )
    })
  },
  {
    id: "connect-009",
    title: "A new client receives the software version by #build-state NAME-MAJOR.MINOR[(a|b|RC)NUMBER]",
    clause: "Rev 4 §4.2",
    rows: "P-131",
    note: "`rc` in small letters is taken too",
    needs: { major: 4 },
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.open
      const line = yield* client.take("#build-state ...", (line) => line.isInform("build-state"))
      yield* holds(
        line.args.length === 1 && /^.+-\d+\.\d+((a|b|rc)\d+)?$/i.test(line.args[0]!),
        "#build-state NAME-MAJOR.MINOR[(a|b|RC)NUMBER], one argument",
        line
      )
    })
  },
  {
    id: "connect-010",
    title: "A device of version 4 sends no #version-connect",
    clause: "Rev 4 §4.2",
    rows: "P-310",
    needs: { major: 4 },
    run: Effect.fnUntraced(function* (device) {
      const lines = yield* greeting(device)
      yield* each(lines, (line) => !line.isInform("version-connect"), "no #version-connect, which is new in version 5")
    })
  },
  {
    id: "connect-011",
    title: "A client that connects and disconnects at once disturbs no other client",
    clause: "Rev 5.1 §2",
    rows: "P-001, P-016",
    run: (device) => comeAndGo(device, () => device.open)
  },
  {
    id: "connect-012",
    title: "#version-connect katcp-protocol is sent once",
    clause: "Rev 5.1 §4.2",
    rows: "P-122",
    needs: { major: 5 },
    run: Effect.fnUntraced(function* (device) {
      const lines = (yield* greeting(device)).filter((line) => isRole(line, "katcp-protocol"))
      yield* holds(lines.length === 1, "one #version-connect katcp-protocol", lines)
    })
  },
  {
    id: "connect-013",
    title: "A client that connects and resets its connection at once disturbs no other client",
    clause: "Rev 5.1 §2",
    rows: "P-001, P-016",
    harm: "a device that logs each failed write to its clients may never stop",
    run: (device) =>
      comeAndGo(device, () =>
        Effect.map(device.open, (client) => {
          client.isCut = true
        })
      )
  }
]
