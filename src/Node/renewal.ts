import type * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { errorText } from "../Message/index.ts"
import { check, hasFiles, read, type Secured, type ServerCredentials } from "./credentials.ts"

/** All of it as one text, to see that something has changed. */
const textOf = ({ ca = [], cert, key }: Secured): string => [cert, key, ...ca].map(String).join("\0")

/**
 * Keeps a TLS server's certificate, key and authorities as their files have them, until the scope closes. Sessions that
 * were begun before cannot be resumed: a client must show anew that an authority vouches for it.
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
      // this makes new keys for session tickets, too
      server.setSecureContext(secured)
      current = text
      complaint = undefined
      return Effect.logInfo(`${where}: the certificate, its key or its authorities have changed and were loaded`)
    } catch (error) {
      const message = errorText(error)
      if (message === complaint) return Effect.void
      complaint = message
      return Effect.logWarning(`${where}: what has changed is not loaded, the server goes on as before: ${message}`)
    }
  })
  // the first look is what the server has begun with
  return Effect.asVoid(
    Effect.forkScoped(Effect.repeat(renew, Schedule.spaced(credentials.reloadEvery ?? "1 minute")), {
      startImmediately: true
    })
  )
}
