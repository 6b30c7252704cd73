import * as Effect from "effect/Effect"

/** The longest wait for an answer, in milliseconds. Not measured: many round trips of any network. */
const answerTimeout = 2000

/**
 * Returns `true` if a server speaks TLS on a port: connects, and starts a handshake. It does not check the certificate.
 * `false` also if it does not answer within 2 seconds. Never fails.
 *
 * @category probes
 * @since 0.1.0
 */
export const speaksTls = (host: string, port: number): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    // loaded only here: it takes 25 ms, a tenth of the start of a command
    const socket = process.getBuiltinModule("node:tls").connect({ host, port, rejectUnauthorized: false })
    const answer = (speaks: boolean) => {
      socket.destroy()
      resume(Effect.succeed(speaks))
    }
    socket.once("secureConnect", () => answer(true))
    socket.on("error", (error: NodeJS.ErrnoException) => answer(isAlert(error.code)))
    socket.once("close", () => answer(false))
    return Effect.sync(() => socket.destroy())
  }).pipe(
    Effect.timeoutOption(answerTimeout),
    Effect.map((answer) => answer._tag === "Some" && answer.value)
  )

/** `true` for the code of an alert of TLS: a server that refuses the handshake also speaks TLS. */
const isAlert = (code: string | undefined): boolean => code !== undefined && /^ERR_SSL_.*ALERT/.test(code)
