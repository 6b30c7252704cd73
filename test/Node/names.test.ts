/** Names that hang, and hosts of several addresses (issue 11, point 7). */
import * as net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Message } from "katcp"
import { dial } from "../../src/Node/dial.ts"
import { parseHosts } from "../../src/Node/hosts.ts"
import { type Address, Names } from "../../src/Node/Names.ts"
import { race } from "../../src/Node/race.ts"

const immediately = { startImmediately: true } as const
const v4 = (address: string): Address => ({ address, family: 4 })
const v6 = (address: string): Address => ({ address, family: 6 })
const coded = (code: string) => Object.assign(new Error(code), { code })

/** A name server whose answers are in the hands of the test. */
const lab = (file: Record<string, ReadonlyArray<string>> = {}) => {
  const asked: Array<string> = []
  const open = new Map<string, (error: Error | null, found: ReadonlyArray<Address>) => void>()
  const names = new Names({
    lookUp: (name, done) => {
      asked.push(name)
      open.set(name, done)
    },
    inFile: (name) => file[name] ?? []
  })
  /** The answer to the look-up of that name which runs. */
  const answer = (name: string, answer: string | Error) => {
    const done = open.get(name)!
    open.delete(name)
    if (typeof answer === "string") done(null, [v4(answer)])
    else done(answer, [])
  }
  /** The found addresses, or the reason without any. */
  const find = (name: string) =>
    Effect.match(names.find(name), {
      onSuccess: (found) => found.map(({ address }) => address).join(),
      onFailure: (error) => `${(error as NodeJS.ErrnoException).code ?? error}`
    })
  return { asked, open, names, answer, find }
}

describe("the names of hosts (P-420)", () => {
  it.effect(
    "are looked up once each, two at a time; addresses and names in the hosts file do not wait",
    Effect.fnUntraced(function* () {
      const { answer, asked, find } = lab({ here: ["127.0.0.1", "::1"] })
      const fibers = yield* Effect.forEach(["a", "b", "a", "c", "d", "a"], (name) =>
        Effect.forkScoped(find(name), immediately)
      )
      assert.deepStrictEqual(asked, ["a", "b"])
      assert.strictEqual(yield* find("here"), "127.0.0.1,::1")
      assert.strictEqual(yield* find("10.1.2.3"), "10.1.2.3")
      assert.strictEqual(yield* find("fe80::1"), "fe80::1")
      answer("a", "10.0.0.1")
      assert.deepStrictEqual(asked, ["a", "b", "c"])
      answer("c", "10.0.0.3")
      answer("b", coded("EAI_AGAIN"))
      answer("d", coded("ENOTFOUND"))
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [
        "10.0.0.1",
        "EAI_AGAIN",
        "10.0.0.1",
        "10.0.0.3",
        "ENOTFOUND",
        "10.0.0.1"
      ])
      assert.deepStrictEqual(asked, ["a", "b", "c", "d"])
    })
  )

  it.effect(
    "keep their addresses while the name server is silent or fails, and lose them if it reports that the name does not exist",
    Effect.fnUntraced(function* () {
      const { answer, asked, find } = lab()
      const first = yield* Effect.forkScoped(find("dish"), immediately)
      answer("dish", "10.0.0.1")
      yield* Fiber.join(first)
      const silent = yield* Effect.forkScoped(find("dish"), immediately)
      yield* TestClock.adjust("999 millis")
      assert.isUndefined(silent.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(silent), "10.0.0.1")
      const failing = yield* Effect.forkScoped(find("dish"), immediately)
      assert.strictEqual(asked.length, 2)
      answer("dish", coded("EAI_AGAIN"))
      assert.strictEqual(yield* Fiber.join(failing), "10.0.0.1")
      const moved = yield* Effect.forkScoped(find("dish"), immediately)
      answer("dish", "10.0.0.2")
      assert.strictEqual(yield* Fiber.join(moved), "10.0.0.2")
      const gone = yield* Effect.forkScoped(find("dish"), immediately)
      answer("dish", coded("ENOTFOUND"))
      assert.strictEqual(yield* Fiber.join(gone), "ENOTFOUND")
      const still = yield* Effect.forkScoped(find("dish"), immediately)
      yield* TestClock.adjust("1 hour")
      assert.isUndefined(still.pollUnsafe())
    })
  )

  it.effect(
    "that are no longer awaited stay in the queue, and their result serves the next lookup",
    Effect.fnUntraced(function* () {
      const { answer, asked, find } = lab()
      for (const name of ["dead1", "dead2", "dish"])
        yield* Fiber.interrupt(yield* Effect.forkScoped(find(name), immediately))
      answer("dead1", coded("EAI_AGAIN"))
      assert.deepStrictEqual(asked, ["dead1", "dead2", "dish"])
      answer("dish", "10.0.0.1")
      const again = yield* Effect.forkScoped(find("dish"), immediately)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(again), "10.0.0.1")
    })
  )

  it.effect(
    "do not pile up without limit",
    Effect.fnUntraced(function* () {
      const { find } = lab()
      for (let n = 0; n < 1024; n++) yield* Effect.forkScoped(find(`host-${n}`), immediately)
      assert.match(yield* find("one-more"), /more than 1024 names are being looked up/)
    })
  )

  it("are read from a hosts file with comments, tabs and several names", () => {
    const text =
      "# own\n127.0.0.1\tlocalhost  Dish-7.Example dish-7 # both\r\n::1 localhost\n10.0.0.1\nnonsense dish-8\n"
    assert.deepStrictEqual(
      [...parseHosts(text)],
      [
        ["localhost", ["127.0.0.1", "::1"]],
        ["dish-7.example", ["127.0.0.1"]],
        ["dish-7", ["127.0.0.1"]]
      ]
    )
  })
})

describe("a host of several addresses (P-420)", () => {
  /** Attempts whose outcomes are in the hands of the test. */
  const attempts = () => {
    const begun: Array<string> = []
    const over: Array<string> = []
    const open = new Map<string, Deferred.Deferred<string, unknown>>()
    const attempt = ({ address }: Address) =>
      Effect.suspend(() => {
        begun.push(address)
        const end = Deferred.makeUnsafe<string, unknown>()
        open.set(address, end)
        return Effect.onInterrupt(Deferred.await(end), () => Effect.sync(() => over.push(address)))
      })
    return { attempt, begun, over, end: (address: string) => open.get(address)! }
  }

  it.effect(
    "is tried at the next address in parallel, and the slow first one still wins if it answers first",
    Effect.fnUntraced(function* () {
      const { attempt, begun, end, over } = attempts()
      const all = [v6("::a"), v6("::b"), v4("1.1.1.1"), v4("2.2.2.2")]
      const fiber = yield* Effect.forkScoped(race(all, attempt), immediately)
      yield* TestClock.adjust("249 millis")
      assert.deepStrictEqual(begun, ["::a"])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(begun, ["::a", "1.1.1.1"])
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(begun, ["::a", "1.1.1.1", "::b", "2.2.2.2"])
      assert.deepStrictEqual(over, [])
      yield* Deferred.succeed(end("::a"), "first")
      assert.strictEqual(yield* Fiber.join(fiber), "first")
      assert.deepStrictEqual(over.toSorted(), ["1.1.1.1", "2.2.2.2", "::b"])
    })
  )

  it.effect(
    "is tried at the next address at once when one fails, and fails with the errors of all",
    Effect.fnUntraced(function* () {
      const { attempt, begun, end } = attempts()
      const fiber = yield* Effect.forkScoped(
        Effect.flip(race([v4("1.1.1.1"), v4("2.2.2.2"), v4("3.3.3.3")], attempt)),
        immediately
      )
      yield* Deferred.fail(end("1.1.1.1"), coded("ECONNREFUSED"))
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(begun, ["1.1.1.1", "2.2.2.2"])
      yield* Deferred.fail(end("2.2.2.2"), coded("EHOSTUNREACH"))
      yield* TestClock.adjust(0)
      yield* Deferred.fail(end("3.3.3.3"), coded("ECONNREFUSED"))
      const error = yield* Fiber.join(fiber)
      assert.instanceOf(error, AggregateError)
      assert.deepStrictEqual(
        error.errors.map(({ code }) => code),
        ["ECONNREFUSED", "EHOSTUNREACH", "ECONNREFUSED"]
      )
    })
  )
})

describe("dialling a name", () => {
  const why = (error: Socket.SocketError) => Message.causeOf(error)

  it.live(
    "reaches the address that listens, and leaves no socket behind",
    Effect.fnUntraced(function* () {
      const server = net.createServer()
      yield* Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void)))
      yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
      const { port } = server.address() as net.AddressInfo
      const sockets: Array<net.Socket> = []
      const connect = (host: string) => {
        const socket = net.connect({ host, port })
        sockets.push(socket)
        return socket
      }
      const dialled = (addresses: ReadonlyArray<string>) =>
        dial({
          host: "dish",
          find: () => Effect.succeed(addresses.map(v4)),
          connect,
          ready: "connect",
          openTimeout: "5 seconds"
        })
      // 127.0.0.2 listens not
      yield* Effect.scoped(dialled(["127.0.0.2", "127.0.0.1"]).reader)
      assert.strictEqual(sockets.length, 2)
      const error = yield* Effect.flip(Effect.scoped(dialled(["127.0.0.2", "127.0.0.3"]).reader))
      assert.strictEqual(why(error), "nothing listens on that port; is the device running, and is the port right?")
      assert.isTrue(sockets.every(({ destroyed }) => destroyed))
    })
  )

  it.live(
    "ends after its timeout, and says if the name server or the host was silent",
    Effect.fnUntraced(function* () {
      const sockets: Array<net.Socket> = []
      const silent = () => {
        const socket = new net.Socket()
        sockets.push(socket)
        return socket
      }
      const reader = (find: Effect.Effect<ReadonlyArray<Address>>) =>
        dial({ host: "dish", find: () => find, connect: silent, ready: "connect", openTimeout: 50 }).reader
      for (const [find, text] of [
        [Effect.succeed([v6("::a"), v4("1.1.1.1")]), "the host does not answer"],
        [Effect.never, "the name server does not answer the lookup of the host"]
      ] as const) {
        assert.strictEqual(why(yield* Effect.flip(Effect.scoped(reader(find)))), text)
      }
      assert.strictEqual(sockets.length, 1)
      assert.isTrue(sockets[0]!.destroyed)
    })
  )
})
