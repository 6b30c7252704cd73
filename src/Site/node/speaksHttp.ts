import * as Net from "node:net"
import * as Effect from "effect/Effect"

/** The longest wait for an answer, in milliseconds. Not measured: many round trips of any network. */
const answerTimeout = 2000
/** The request: every web server answers it, and most refuse it. */
const question = "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
/** The length of the answer that is checked, in bytes. Not measured: a head has a few hundred. */
const longest = 4096

/**
 * Returns `true` if a web server listens on a port, over TLS if `secure`: requests its options, and checks if the
 * answer is HTTP. A device that answers in HTTP that it speaks KATCP does not count. `false` also if it does not answer
 * within 2 seconds. Never fails. It does not check the certificate.
 *
 * @category probes
 * @since 0.1.0
 */
export const speaksHttp = (host: string, port: number, secure: boolean): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const socket = secure
      ? // loaded only here: it takes 25 ms, a tenth of the start of a command
        process.getBuiltinModule("node:tls").connect({ host, port, rejectUnauthorized: false })
      : Net.connect({ host, port })
    let said = ""
    const answer = () => {
      socket.destroy()
      resume(Effect.succeed(/(?:^|\n)HTTP\/1\.[01] \d{3}/.test(said) && !said.includes("speaks KATCP, not HTTP")))
    }
    socket.once(secure ? "secureConnect" : "connect", () => socket.write(question))
    socket.setEncoding("latin1").on("data", (text: string) => {
      said += text
      if (said.length > longest) answer()
    })
    socket.on("error", answer)
    socket.once("close", answer)
    return Effect.sync(() => socket.destroy())
  }).pipe(
    Effect.timeoutOption(answerTimeout),
    Effect.map((answer) => answer._tag === "Some" && answer.value)
  )
