import { assert, describe, it } from "@effect/vitest"
import type { Data, ToGateway } from "../../src/Dashboard/frames.ts"
import { Connection, type ConnectionState, type Listener, waitBefore } from "../../src/Dashboard/state/Connection.ts"
import { hello, surroundings } from "./surroundings.ts"

const made = () => {
  const world = surroundings()
  const states: Array<ConnectionState> = []
  const restarts: Array<boolean> = []
  const data: Array<Data> = []
  const listener: Listener = {
    state: (state) => states.push(state),
    hello: (_, restarted) => restarts.push(restarted),
    heard: () => {},
    data: (frame) => data.push(frame),
    paint: () => {},
    subscribed: () => {},
    logs: () => {},
    refused: () => {}
  }
  const connection = new Connection(world.around, listener)
  connection.start()
  return { connection, data, restarts, states, world }
}

describe("the page's connection with the gateway", () => {
  it("subscribes again on each connection", () => {
    const { connection, world } = made()
    connection.subscribe(["*"], 20)
    connection.logs("warn")
    assert.deepStrictEqual(world.socket.sent, [])
    world.socket.say(hello())
    const said: ReadonlyArray<ToGateway> = [{ sub: 1, targets: ["*"], maxHz: 20 }, { logs: "warn" }]
    assert.deepStrictEqual<ReadonlyArray<ToGateway>>(world.socket.sent, said)
    world.socket.end()
    world.pass(500)
    assert.strictEqual(world.sockets.length, 2)
    world.socket.say(hello())
    assert.deepStrictEqual<ReadonlyArray<ToGateway>>(world.socket.sent, said)
  })

  it("acknowledges a data frame when it has been painted, not before", () => {
    const { data, world } = made()
    world.socket.say(hello())
    world.socket.say({ n: 7, time: 1 })
    assert.strictEqual(data.length, 1)
    assert.deepStrictEqual(world.socket.sent, [])
    world.paint()
    assert.deepStrictEqual(world.socket.sent, [{ ack: 7 }])
  })

  it("acknowledges nothing of a connection that is gone", () => {
    const { world } = made()
    world.socket.say(hello())
    world.socket.say({ n: 7, time: 1 })
    world.socket.end()
    world.pass(500)
    world.socket.say(hello())
    world.paint()
    assert.deepStrictEqual(world.socket.sent, [])
  })

  it("waits longer after each failure, with jitter, up to ten seconds", () => {
    assert.deepStrictEqual(
      [0, 1, 2, 3, 4, 5, 100].map((failures) => waitBefore(failures, 1)),
      [500, 1000, 2000, 4000, 8000, 10_000, 10_000]
    )
    assert.strictEqual(waitBefore(5, 0), 5000)
    const { world } = made()
    for (const wait of [500, 1000, 2000]) {
      const count = world.sockets.length
      world.socket.end()
      world.pass(wait - 1)
      assert.strictEqual(world.sockets.length, count)
      world.pass(1)
      assert.strictEqual(world.sockets.length, count + 1)
    }
  })

  it("retries at once on demand, if it is waiting", () => {
    const { connection, world } = made()
    connection.retry()
    assert.strictEqual(world.sockets.length, 1)
    world.socket.end()
    connection.retry()
    assert.strictEqual(world.sockets.length, 2)
    world.pass(20_000)
    // the second one got no hello in time
    assert.isTrue(world.sockets[1]!.isClosed)
  })

  it("recognizes a restarted gateway by its epoch", () => {
    const { restarts, world } = made()
    world.socket.say(hello("one"))
    world.socket.end()
    world.pass(500)
    world.socket.say(hello("one"))
    world.socket.end()
    world.pass(500)
    world.socket.say(hello("two"))
    assert.deepStrictEqual(restarts, [false, false, true])
  })

  it("pings a silent gateway, and gives it up without an answer", () => {
    const { states, world } = made()
    world.socket.say(hello())
    world.pass(10_000)
    assert.deepStrictEqual(world.socket.sent, [{ sub: 0, targets: [] }])
    world.socket.say({ subscribed: 0, sensors: 0 })
    world.pass(10_000)
    assert.strictEqual(world.socket.sent.length, 2)
    world.pass(20_000)
    assert.deepStrictEqual(
      states.map(({ _tag }) => _tag),
      ["live", "lost"]
    )
    assert.isTrue(world.sockets[0]!.isClosed)
    assert.strictEqual(world.sockets.length, 2)
  })

  it("pings again after a sleep of the machine, and does not give up a gateway that answered before it", () => {
    const { states, world } = made()
    world.socket.say(hello())
    world.pass(10_000)
    world.socket.say({ subscribed: 0, sensors: 0 })
    // timers fire late: the first one after 60 s
    world.sleep(60_000)
    assert.deepStrictEqual(world.socket.sent, [
      { sub: 0, targets: [] },
      { sub: 0, targets: [] }
    ])
    assert.deepStrictEqual(
      states.map(({ _tag }) => _tag),
      ["live"]
    )
  })

  it("does not reconnect after its token was revoked", () => {
    const { states, world } = made()
    world.socket.say(hello())
    world.socket.say({ bye: "revoked" })
    world.socket.end()
    world.pass(60_000)
    assert.strictEqual(world.sockets.length, 1)
    assert.deepStrictEqual(states.at(-1), { _tag: "ended", reason: "revoked" })
  })

  it("reconnects after the gateway has stopped", () => {
    const { world } = made()
    world.socket.say(hello())
    world.socket.say({ bye: "stopping" })
    world.socket.end()
    world.pass(500)
    assert.strictEqual(world.sockets.length, 2)
  })

  it("ends all subscriptions while the page is hidden, and restores them afterwards", () => {
    const { connection, world } = made()
    world.socket.say(hello())
    const { end } = connection.subscribe(["m000/a"], 10)
    connection.subscribe(["m000/b"], 10)
    connection.pause()
    end()
    world.socket.end()
    world.pass(500)
    world.socket.say(hello())
    assert.deepStrictEqual(world.sockets[0]!.sent.slice(2), [{ unsub: 1 }, { unsub: 2 }])
    assert.deepStrictEqual(world.socket.sent, [])
    connection.resume()
    assert.deepStrictEqual(world.socket.sent, [{ sub: 2, targets: ["m000/b"], maxHz: 10 }])
  })

  it("delivers a request's informs and its one reply, or its loss with the connection", () => {
    const { connection, world } = made()
    const told: Array<unknown> = []
    const events = { inform: (inform: unknown) => told.push(inform), reply: (reply: unknown) => told.push(reply) }
    connection.call("m000", "track", [], undefined, events)
    assert.deepStrictEqual(told.splice(0), ["lost"])
    world.socket.say(hello())
    connection.call("m000", "track", ["1"], 5, events)
    const id = 2
    assert.deepStrictEqual(world.socket.sent, [{ call: id, device: "m000", request: "track", args: ["1"], timeout: 5 }])
    world.socket.say({ inform: id, name: "track", args: ["x"] })
    world.socket.say({ reply: id, code: "ok", args: [] })
    world.socket.say({ reply: id, code: "ok", args: [] })
    assert.strictEqual(told.splice(0).length, 2)
    connection.call("m000", "track", [], undefined, events)
    world.socket.say({ error: { of: { call: id + 1 }, title: "bad frame", detail: "why" } })
    assert.deepStrictEqual(told.splice(0), [{ code: "error", args: ["why"] }])
    connection.call("m000", "track", [], undefined, events)
    world.socket.end()
    assert.deepStrictEqual(told, ["lost"])
  })
})
