import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { encode } from "../Codec/index.ts"
import type { RequestSet } from "../Interface/index.ts"
import { inform } from "../Message/index.ts"
import type { Hub } from "./Hub.ts"
import type { Registered } from "./metrics.ts"
import { entryOf } from "./RequestTable.ts"
import type { Change } from "./tables.ts"

/**
 * Keeps the table of a server in line with the requests of its device until the Scope closes, and tells clients what has
 * changed (Rev 5.1 §4.2, P-129).
 */
export const followRequests = (
  hub: Hub,
  requests: RequestSet,
  update: (name: string) => Change | undefined,
  metrics: Registered
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => {
        const unchecked = requests.check((request) => {
          entryOf({ request, handler: () => Effect.void }, hub.options)
        })
        const off = requests.onChange((changes) => {
          const lines: Array<readonly [name: string, what: Change]> = []
          for (const { name } of changes) {
            const what = update(name)
            if (what === undefined) continue
            lines.push([name, what])
            if (what === "removed") metrics.remove(name)
            else metrics.add(name)
            const entry = hub.requests.get(name)
            if (hub.stopping !== undefined && entry !== undefined) entry.handle = hub.unhandled(name).handle
          }
          if (lines.length === 0 || !hub.dialect.interfaceChanged || hub.clients.size === 0) return
          const tell = (...args: ReadonlyArray<string>) => hub.broadcast(encode(inform("interface-changed", args)))
          if (hub.options.interfaceChanged !== "each") return tell("request-list")
          for (const [name, what] of lines) tell("request", name, what)
        })
        return () => {
          unchecked()
          off()
        }
      }),
      (off) => Effect.sync(off)
    )
  )
