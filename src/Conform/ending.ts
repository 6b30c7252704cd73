import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Connection } from "./Connection.ts"
import type { Facts } from "./Device.ts"
import type { Line } from "./Line.ts"
import { Inapplicable, type Verdict } from "./Verdict.ts"

/** The end of a device, as seen by one client. */
export interface Seen {
  readonly lines: ReadonlyArray<Line>
  /** `true` if its connection was closed. */
  readonly closed: boolean
}

/** The outcome of `?halt` or `?restart`. It is done once, and several checks use it. */
export interface Ending {
  readonly reply: Line
  /** The client that requested it. */
  readonly asker: Seen
  /** Another connected client, if the device allows one. */
  readonly other: Seen | undefined
}

/** Ends the device, and watches. Fails if the device refuses, which it may. */
export const observe = Effect.fnUntraced(function* (
  what: "halt" | "restart",
  facts: Facts,
  maySleep: boolean,
  connect: Effect.Effect<Connection, Verdict, Scope.Scope>
): Effect.fn.Return<Ending, Verdict, Scope.Scope> {
  const other = facts.several ? yield* connect : undefined
  const asker = yield* connect
  // a request in progress: of another client, because a device may handle one client's requests one after another
  const blocked = other ?? asker
  const mark = other === undefined && facts.protocol.messageIds ? ["[1]", "[2]"] : ["", ""]
  if (maySleep && facts.requests.includes("sleep") && (other !== undefined || facts.protocol.messageIds)) {
    yield* blocked.send(`?sleep${mark[0]} 60\n`)
    // the other client's request must precede the end
    if (other !== undefined) yield* Effect.sleep("50 millis")
  }
  yield* asker.send(`?${what}${mark[1]}\n`)
  const isAnswer = (line: Line) => line.kind === "reply" && line.name === what
  const reply = yield* asker.peek(`a reply to ?${what}`, isAnswer)
  if (!reply.isOk) return yield* new Inapplicable({ reason: `the device refuses it: ${reply}` })
  const watch = Effect.fnUntraced(function* (client: Connection) {
    const closed = yield* Effect.match(client.ended("the end of the connection"), {
      onFailure: () => false,
      onSuccess: () => true
    })
    return { lines: client.inbox, closed }
  })
  return {
    reply,
    asker: yield* watch(asker),
    other: other === undefined ? undefined : yield* watch(other)
  }
})
