/** A web page and a protocol of lines that is not KATCP (issue "Trust", 1a). */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SocketServer from "effect/socket/SocketServer"
import { Server } from "katcp"
import { MemoryNetwork, RawConnection } from "katcp/Testing"

const talk = Effect.fnUntraced(function* (input: string, more?: { readonly web?: boolean; readonly maxLine?: number }) {
  const done: Array<string> = []
  const context = yield* Layer.build(MemoryNetwork.layer)
  const serve = Server.serveLines({
    connect: () =>
      Effect.succeed((line) => Effect.sync(() => void done.push(typeof line === "string" ? line : "long"))),
    ...more
  })
  yield* Effect.forkScoped(Context.get(context, SocketServer.SocketServer).run(serve), { startImmediately: true })
  const client = yield* RawConnection.make(yield* Context.get(context, MemoryNetwork).connect)
  yield* client.send(input)
  yield* client.settle
  return done
})

describe("a line protocol (P-401)", () => {
  it.effect(
    "does nothing for a web page by default",
    Effect.fnUntraced(function* () {
      const page = "POST /x HTTP/1.1\r\nHost: x\r\n\r\nopen the roof\n"
      assert.deepStrictEqual(yield* talk(page), [])
      assert.deepStrictEqual(yield* talk(`\r\n${page}`), [])
      assert.deepStrictEqual(yield* talk(page, { maxLine: 10 }), [])
      assert.deepStrictEqual(yield* talk("\x16\x03\x01\nopen the roof\n"), [])
      assert.deepStrictEqual(yield* talk(page, { web: true }), ["POST /x HTTP/1.1", "Host: x", "open the roof"])
      assert.deepStrictEqual(yield* talk("POST me\nopen\nGET / HTTP/1.1\n"), ["POST me", "open", "GET / HTTP/1.1"])
    })
  )
})
