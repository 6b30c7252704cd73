import type * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { errorText } from "../Message/index.ts"
import { check, hasFiles, read, type Secured, type ServerCredentials } from "./credentials.ts"

/** Returns everything as one text, to detect changes. */
const textOf = ({ ca = [], cert, key }: Secured): string => [cert, key, ...ca].map(String).join("\0")

/**
 * Keeps a TLS server's certificate, key and authorities in step with their files, until the scope closes. Earlier
 * sessions cannot be resumed: their clients must present a valid certificate again.
 *
 * @category tls
 * @since 0.1.0
 */
export const renewing = (
  server: Tls.Server,
  credentials: ServerCredentials,
  where: string
): Effect.Effect<void, never, Scope.Scope> => {
  if (!hasFiles(credentials)) return Effect.void
  let current: string | undefined
  let complaint: string | undefined
  const renew = Effect.suspend(() => {
    try {
      const secured = read(credentials)
      const text = textOf(secured)
      current ??= text
      if (text === current) return Effect.void
      check(secured)
      // this also creates new keys for session tickets
      server.setSecureContext(secured)
      current = text
      complaint = undefined
      return Effect.logInfo(`${where}: the certificate, its key or its authorities have changed and were reloaded`)
    } catch (error) {
      const message = errorText(error)
      if (message === complaint) return Effect.void
      complaint = message
      return Effect.logWarning(
        `${where}: the changed files are not loaded, and the former ones stay in use: ${message}`
      )
    }
  })
  // the first check records the initial state
  return Effect.asVoid(
    Effect.forkScoped(Effect.repeat(renew, Schedule.spaced(credentials.reloadEvery ?? "1 minute")), {
      startImmediately: true
    })
  )
}
