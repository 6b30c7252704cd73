import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { encode } from "../../Codec/index.ts"
import type { RequestSet } from "../../Interface/index.ts"
import { inform } from "../../Message/index.ts"
import { namesEach } from "../clients/namesEach.ts"
import type { Registered } from "../metrics.ts"
import type { Runtime } from "../Runtime.ts"
import type { Dispatch } from "./Dispatch.ts"
import type { Change } from "./entries.ts"
import { entryOf } from "./table.ts"

/**
 * Keeps the table of a server in step with the requests of its device until the Scope closes, and informs clients of
 * changes (Rev 5.1 §4.2, P-129).
 */
export const followRequests = (
  {
    clients,
    dispatch,
    runtime: { dialect, options }
  }: {
    readonly runtime: Runtime
    readonly dispatch: Dispatch
    readonly clients: { readonly size: number; readonly broadcast: (lines: Uint8Array) => void }
  },
  requests: RequestSet,
  update: (name: string) => Change | undefined,
  metrics: Registered
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => {
        const unchecked = requests.check((request) => {
          entryOf({ request, handler: () => Effect.void }, options)
        })
        const off = requests.onChange((changes) => {
          const lines: Array<readonly [name: string, what: Change]> = []
          for (const { name } of changes) {
            const what = update(name)
            if (what === undefined) continue
            lines.push([name, what])
            if (what === "removed") metrics.remove(name)
            else metrics.add(name)
            const entry = dispatch.requests.get(name)
            if (dispatch.refusing && entry !== undefined) entry.handle = dispatch.unhandled(name).handle
          }
          if (lines.length === 0 || !dialect.interfaceChanged || clients.size === 0) return
          const tell = (...args: ReadonlyArray<string>) => clients.broadcast(encode(inform("interface-changed", args)))
          if (!namesEach(options.interfaceChanged, lines.length, dispatch.requests.size)) return tell("request-list")
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
