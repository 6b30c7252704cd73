/** The log records of a device during a request: possible reasons of a failure without one. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Client from "../../../Client/index.ts"
import { parseLogLevel, reports } from "../../../Interface/index.ts"
import type { Message } from "../../../Message/index.ts"

/** The newest log records that are kept as reasons of a failure; more are counted. Not measured: 8 fit on a screen. */
const kept = 8
/**
 * Milliseconds after a failure in which its reasons may arrive. Not measured: several round trips of a network, and
 * no delay that a person notices.
 */
const late = 100

/** The warnings and errors of a device. */
export interface Reasons {
  /** Clears the records when a request begins. */
  readonly begin: () => void
  /** Returns a text for each warning and error since the request began, after waiting a moment for late ones. */
  readonly since: Effect.Effect<ReadonlyArray<string>>
}

/** Watches the log of a device. */
export const watchReasons = (client: Client.Client<never, never>): Effect.Effect<Reasons, never, Scope.Scope> =>
  Effect.gen(function* () {
    let lines: Array<string> = []
    let more = 0
    const note = (message: Message) => {
      const [word = "", , name = "", text = ""] = [0, 1, 2, 3].map((at) => message.text(at))
      const level = parseLogLevel(word)
      if (level === undefined || level === "off" || level === "all" || !reports("warn", level)) return
      lines.push(`a possible reason: ${word} of ${name}: ${text}`)
      if (lines.length <= kept) return
      lines.shift()
      more++
    }
    yield* client.informs("log").pipe(
      Stream.runForEach((message) => Effect.sync(() => note(message))),
      Effect.ignore,
      Effect.forkScoped({ startImmediately: true })
    )
    return {
      begin: () => {
        lines = []
        more = 0
      },
      since: Effect.delay(
        Effect.sync(() => (more === 0 ? lines : [`${more} earlier warnings and errors of its log`, ...lines])),
        late
      )
    }
  })
