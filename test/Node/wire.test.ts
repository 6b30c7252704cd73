import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { Arg, Client, Interface, Request, Server } from "katcp"
import { RawConnection } from "katcp/Testing"
import { networks } from "./networks.ts"

class Lab extends Interface.make("lab").add(
  Request.make("echo", { doc: "Give it back.", args: { value: Arg.Bytes }, reply: { value: Arg.Bytes } }),
  Request.make("wait", { doc: "Reply after so many milliseconds.", args: { millis: Arg.Float } }),
  Request.make("hang", { doc: "Never reply." })
) {}

for (const network of networks)
  describe(`the wire over ${network.name}`, () => {
    /** A device on the network, and what dials it. */
    const serving = Effect.gen(function* () {
      const events: Array<string> = []
      const live = Lab.toLayer({
        echo: ({ value }) => Effect.succeed({ value }),
        wait: ({ millis }) => Effect.sleep(millis),
        hang: () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => events.push("interrupted")))
      })
      const { client, server: listening } = yield* network.open
      const scope = yield* Scope.make()
      const layer = Server.layer(Lab).pipe(Layer.provide(live), Layer.provide(listening))
      const server = Context.get(yield* Scope.provide(Layer.build(layer), scope), Server.Server)
      const stop = Scope.close(scope, Exit.void)
      yield* Effect.addFinalizer(() => stop)
      const dialled = client(server.address)
      const connect = Effect.flatMap(Effect.provide(Effect.service(Socket.Socket), dialled), (socket) =>
        RawConnection.make(socket)
      )
      return { client: Effect.provide(Client.make(Lab), dialled), connect, events, server, stop }
    })
    /** Reads up to a line, skipping informs about other clients. */
    const reach = (connection: RawConnection.RawConnection, line: string) =>
      Effect.repeat(connection.next, { until: (next) => next === line })
    const greeted = (connection: RawConnection.RawConnection) => Effect.repeat(connection.next, { times: 2 })

    it.live(
      "a client receives the versions first, and is listed by its address (P-001, P-274)",
      Effect.fnUntraced(function* () {
        const { connect } = yield* serving
        const connection = yield* connect
        for (const role of ["protocol", "library", "device"])
          assert.match(yield* connection.next, new RegExp(`^#version-connect katcp-${role} `))
        yield* connection.send("?client-list\n")
        assert.match((yield* connection.next).replace("#client-list ", ""), network.peer)
        yield* connection.expect("!client-list ok 1")
      })
    )

    it.live(
      "every byte passes, alone and in one argument",
      Effect.fnUntraced(function* () {
        const { request } = yield* (yield* serving).client
        const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
        assert.deepStrictEqual((yield* request.echo({ value: all })).value, all)
        for (const byte of all) {
          const value = Uint8Array.of(byte)
          assert.deepStrictEqual((yield* request.echo({ value })).value, value)
        }
      })
    )

    it.live(
      "an argument of a mebibyte passes, both ways",
      Effect.fnUntraced(function* () {
        const { request } = yield* (yield* serving).client
        const value = Uint8Array.from({ length: 1048576 }, (_, at) => (at * 31) % 256)
        const back = (yield* request.echo({ value })).value
        assert.isTrue(Buffer.from(value).equals(back))
      })
    )

    it.live(
      "all requests in one write are answered, in order",
      Effect.fnUntraced(function* () {
        const { connect } = yield* serving
        const connection = yield* connect
        yield* greeted(connection)
        const ids = Array.from({ length: 5000 }, (_, at) => at + 1)
        yield* connection.send(ids.map((id) => `?echo[${id}] v${id}\n`).join(""))
        yield* connection.expect(...ids.map((id) => `!echo[${id}] ok v${id}`))
      })
    )

    it.live(
      "a line in pieces is one line",
      Effect.fnUntraced(function* () {
        const { connect } = yield* serving
        const connection = yield* connect
        yield* greeted(connection)
        for (const piece of ["?ec", "ho[7", "] a\\", "_b\n?wat", "chdog\n"]) {
          yield* connection.send(piece)
          yield* Effect.yieldNow
        }
        yield* connection.expect("!echo[7] ok a\\_b", "!watchdog ok")
      })
    )

    if (network.halves)
      it.live(
        "a client that has closed its end gets its pending replies",
        Effect.fnUntraced(function* () {
          const { connect, server } = yield* serving
          const connection = yield* connect
          yield* greeted(connection)
          yield* connection.send("?wait[1] 50\n?watchdog[2]\n")
          yield* connection.closeWrite
          yield* connection.expect("!watchdog[2] ok", "!wait[1] ok")
          assert.deepInclude(yield* connection.closed, { _tag: "SocketCloseError", code: 1000 })
          yield* Effect.repeat(Effect.yieldNow, { until: () => server.clients.size === 0 })
        })
      )

    it.live(
      "the requests in flight of a client are interrupted when it disconnects",
      Effect.fnUntraced(function* () {
        const { connect, events, server } = yield* serving
        const connection = yield* connect
        yield* connection.send("?hang[1]\n?watchdog[2]\n")
        yield* greeted(connection)
        yield* connection.expect("!watchdog[2] ok")
        yield* connection.reset
        // where a reset looks like an end in order, only a write can tell
        const gone = Effect.sync(() => {
          server.broadcast("weather", ["fine"])
          return server.clients.size === 0 && events.length > 0
        })
        yield* Effect.repeat(Effect.delay(gone, 1), { until: (is) => is })
        assert.deepStrictEqual(events, ["interrupted"])
      })
    )

    it.live(
      "all clients receive #disconnect when the device stops, and then the end (P-120)",
      Effect.fnUntraced(function* () {
        const stopping = Effect.gen(function* () {
          const { connect, stop } = yield* serving
          const connections = yield* Effect.all([connect, connect, connect])
          for (const connection of connections) yield* greeted(connection)
          const start = performance.now()
          yield* stop
          const took = performance.now() - start
          for (const connection of connections) {
            yield* reach(connection, "#disconnect The\\_device\\_is\\_stopping.")
            assert.deepInclude(yield* connection.closed, { _tag: "SocketCloseError", code: 1000 })
          }
          return took
        }).pipe(Effect.scoped)
        // it does not wait for the second that a client without an end has; a machine that is busy may take one
        yield* Effect.repeat(stopping, { until: (took) => took < 1000 })
      })
    )

    it.live(
      "a client that does not read delays neither the others nor the end, and its backlog is bounded (P-018)",
      Effect.fnUntraced(function* () {
        const { connect, server, stop } = yield* serving
        const stuck = yield* connect
        yield* greeted(stuck)
        yield* stuck.pause
        const [client] = server.clients
        const line = "x".repeat(100_000)
        let taken = 0
        while (client!.inform("weather", [line]) && taken < 2000) {
          taken++
          if (taken % 50 === 0) yield* Effect.sleep(1)
        }
        // the limit of 32 MiB, and what the buffers of the system take
        assert.isBelow(taken, 1000)
        const other = yield* connect
        yield* greeted(other)
        yield* other.send("?watchdog\n")
        yield* other.expect("!watchdog ok")
        // not the minute in which a client may take nothing
        const start = performance.now()
        yield* stop
        assert.isBelow(performance.now() - start, 30_000)
      })
    )
  })
