import * as Effect from "effect/Effect"
import type { Check } from "../Check.ts"
import type { Device } from "../Device.ts"
import type { Ending, Seen } from "../ending.ts"
import { deviates, holds, ok } from "../judge.ts"
import { Inapplicable } from "../Verdict.ts"

const hasReason = ({ args }: { readonly args: ReadonlyArray<string> }) => args.length === 1 && args[0] !== ""

const disconnectIn = ({ lines }: Seen) => lines.find((line) => line.isInform("disconnect"))

/** Returns the other client. */
const otherOf = ({ other }: Ending) =>
  other === undefined
    ? Effect.fail(new Inapplicable({ reason: "the device serves one client at a time" }))
    : Effect.succeed(other)

const sendsDisconnect = (seen: Seen) => {
  const line = disconnectIn(seen)
  return line === undefined
    ? deviates("#disconnect TEXT", seen.lines)
    : holds(hasReason(line), "#disconnect TEXT", line)
}

const closes = ({ closed, lines }: Seen) => holds(closed, "the end of the connection", lines)

/** The checks that `?halt` and `?restart` have in common. */
const ends = (
  what: "halt" | "restart",
  ids: readonly [reply: string, told: string, order: string, closed: string, others: string, progress: string],
  row: string,
  ended: (device: Device) => Device["halted"]
): ReadonlyArray<Check> => {
  const check = (
    id: string,
    title: string,
    rows: string,
    so: (ending: Ending) => ReturnType<Check["run"]>,
    more = {}
  ): Check => ({
    id,
    title,
    clause: "Rev 5.1 §4.1",
    rows: `${row}, ${rows}`,
    needs: { destructive: true, ...more },
    run: (device) => Effect.flatMap(ended(device), so)
  })
  return [
    check(ids[0], `?${what} is answered with ok alone`, "P-009", ({ reply }) =>
      holds(reply.isOk && reply.args.length === 1, `!${what} ok`, reply)
    ),
    {
      ...check(ids[1], `?${what}: the client receives #disconnect`, "P-120", ({ asker }) => sendsDisconnect(asker)),
      clause: "Rev 5.1 §4.2"
    },
    {
      ...check(
        ids[2],
        `?${what}: the reply comes before #disconnect and the end of the connection`,
        "P-120, Q-20",
        ({ asker, reply }) => {
          const at = asker.lines.findIndex((line) => line.isInform("disconnect"))
          return holds(at < 0 || asker.lines.indexOf(reply) < at, `!${what} ok, then #disconnect`, asker.lines)
        }
      )
    },
    check(ids[3], `?${what}: the connection is closed`, "P-120", ({ asker }) => closes(asker)),
    {
      ...check(
        ids[4],
        `?${what}: the other clients receive #disconnect, and their connections are closed`,
        "P-120",
        (ending) => Effect.flatMap(otherOf(ending), (other) => Effect.andThen(sendsDisconnect(other), closes(other))),
        { several: true }
      ),
      clause: "Rev 5.1 §4.1, §4.2"
    },
    {
      ...check(
        ids[5],
        `?${what}: a request in progress is answered`,
        "P-003",
        ({ asker, other = asker }) =>
          holds(
            other.lines.some((line) => line.kind === "reply" && line.name === "sleep" && line.args.length > 0),
            "!sleep with a return code",
            other.lines
          ),
        { requests: ["sleep"] }
      ),
      clause: "Rev 5.1 §2, §4.1"
    }
  ]
}

export const checks: ReadonlyArray<Check> = [
  ...ends(
    "restart",
    ["restart-001", "restart-002", "restart-003", "restart-004", "restart-005", "restart-006"],
    "P-105",
    (device) => device.restarted
  ),
  {
    id: "restart-007",
    title: "?restart: the device accepts connections again, and serves them",
    clause: "Rev 5.1 §4.1",
    rows: "P-105",
    needs: { destructive: true },
    run: Effect.fnUntraced(function* (device) {
      yield* device.restarted
      const client = yield* Effect.catchTag(device.reconnected, "Unrunnable", ({ reason }) =>
        deviates("the device accepts connections again", reason)
      )
      yield* ok(yield* client.ask("?watchdog"))
    })
  },
  ...ends(
    "halt",
    ["halt-001", "halt-002", "halt-003", "halt-004", "halt-005", "halt-006"],
    "P-100",
    (device) => device.halted
  )
]
