import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { NodeClient, NodeServer } from "katcp/Node"
import { socketPath } from "./networks.ts"

/** Listens, and gives what ends it. */
const listening = Effect.fnUntraced(function* (path: string) {
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  yield* Scope.provide(Layer.build(NodeServer.unix({ path })), scope)
  return { stop: Scope.close(scope, Exit.void) }
})
const dial = (path: string) =>
  Effect.scoped(
    Effect.flatMap(Effect.provide(Effect.service(Socket.Socket), NodeClient.unix({ path })), (socket) => socket.reader)
  )

describe("a Unix socket (P-403)", () => {
  it.live(
    "is a file that is there while the server is",
    Effect.fnUntraced(function* () {
      const path = yield* socketPath
      const { stop } = yield* listening(path)
      assert.isTrue(fs.statSync(path).isSocket())
      yield* dial(path)
      yield* stop
      assert.isFalse(fs.existsSync(path))
      const { reason } = yield* Effect.flip(dial(path))
      assert.strictEqual(reason._tag, "SocketOpenError")
      assert.include("cause" in reason ? `${reason.cause}` : "", path)
    })
  )

  it.live(
    "replaces the file of a dead process",
    Effect.fnUntraced(function* () {
      const path = yield* socketPath
      const program = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`
      assert.strictEqual(spawnSync(process.execPath, ["-e", program]).signal, "SIGKILL")
      assert.isTrue(fs.statSync(path).isSocket())
      yield* listening(path)
      yield* dial(path)
    })
  )

  it.live(
    "does not touch a socket that is in use, or another file",
    Effect.fnUntraced(function* () {
      const path = yield* socketPath
      yield* listening(path)
      const taken = yield* Effect.flip(listening(path))
      assert.strictEqual(taken._tag, "SocketServerError")
      assert.include(`${taken.cause}`, "EADDRINUSE")
      assert.include(`${taken.cause}`, path)
      yield* dial(path)
      const file = `${path}.txt`
      fs.writeFileSync(file, "precious")
      assert.include(`${(yield* Effect.flip(listening(file))).cause}`, "EADDRINUSE")
      assert.strictEqual(fs.readFileSync(file, "utf8"), "precious")
    })
  )

  it.live(
    "cannot be made in a missing folder",
    Effect.fnUntraced(function* () {
      const path = `${yield* socketPath}/no/such`
      assert.include(`${(yield* Effect.flip(listening(path))).cause}`, path)
    })
  )
})
