/** The example device as a program, with its options for TLS and for one client. */
import { spawn } from "node:child_process"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import { NodeClient } from "katcp/Node"
import { RawConnection } from "katcp/Testing"
import * as certificates from "./certificates/index.ts"

const root = path.join(import.meta.dirname, "..", "..")
const file = (name: string) => path.join(import.meta.dirname, "certificates", name)
const secure = ["--tls-cert", file("server.pem"), "--tls-key", file("server.key")]

/** Starts the device; gives the first line that it prints, or what it says when it fails. */
const started = Effect.fnUntraced(function* (...options: ReadonlyArray<string>) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["examples/device.ts", "--no-dashboard", "--port", "0", ...options], { cwd: root })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  const line = yield* Effect.callback<string>((resume) => {
    for (const input of [child.stdout, child.stderr])
      createInterface({ input }).once("line", (line) => resume(Effect.succeed(line)))
  })
  return { line, port: Number(/^listening on .*:(\d+)$/.exec(line)?.[1] ?? 0) }
})
const dial = (client: Layer.Layer<Socket.Socket>) =>
  Effect.flatMap(Effect.provide(Effect.service(Socket.Socket), client), (socket) => RawConnection.make(socket))

describe("the example device as a program", () => {
  it.live("serves TLS with --tls-cert and --tls-key", () =>
    Effect.gen(function* () {
      const { port } = yield* started(...secure)
      const connection = yield* dial(NodeClient.tls({ port, ca: certificates.authority }))
      assert.strictEqual(yield* connection.next, "#version-connect katcp-protocol 5.1-BIMT")
      yield* Effect.repeat(connection.next, { times: 1 })
      yield* connection.send("?echo[1] a b\n")
      yield* connection.expect("!echo[1] ok a b")
    })
  )

  it.live("has one client at a time with --single-client, and says so in its flags", () =>
    Effect.gen(function* () {
      const { port } = yield* started("--single-client")
      const first = yield* dial(NodeClient.tcp({ port }))
      assert.strictEqual(yield* first.next, "#version-connect katcp-protocol 5.1-BIT")
      const second = yield* dial(NodeClient.tcp({ port }))
      yield* second.next
      assert.strictEqual((yield* first.closed)._tag, "SocketCloseError")
      assert.match((yield* first.lines).at(-1) ?? "", /^#disconnect /)
    })
  )

  it.live("says in one line what is wrong with its options", () =>
    Effect.gen(function* () {
      const said = (...options: ReadonlyArray<string>) => Effect.map(started(...options), ({ line }) => line)
      assert.include(yield* said("--tls-cert", file("server.pem")), "--tls-cert and --tls-key go together")
      assert.include(
        yield* said("--tls-cert", file("none.pem"), "--tls-key", file("server.key")),
        `--tls-cert ${file("none.pem")}: cannot read the file`
      )
      assert.include(
        yield* said("--tls-cert", file("server.pem"), "--tls-key", file("intruder.key")),
        "cannot listen on 127.0.0.1:0: Error: TLS on 127.0.0.1:0: the certificate"
      )
    })
  )
})
