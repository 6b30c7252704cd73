import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as Casper from "katcp/Casper"
import { RawConnection, settle } from "katcp/Testing"
import { steppedClock } from "../Testing/steppedClock.ts"
import { connected, design, network } from "./boards.ts"

const large = Casper.Fpg.make({
  registers: { fresh: { address: 0, length: 4 } },
  bitstream: Uint8Array.from({ length: 1_000_000 }, (_, at) => (at * 31) & 255)
})

/** Uploads while the clock goes on. */
const uploaded = (board: Casper.Board, file: Casper.Fpg.Fpg | Uint8Array = large, options?: Casper.UploadOptions) =>
  Effect.gen(function* () {
    const running = yield* Effect.forkScoped(Effect.exit(Stream.runCollect(board.upload(file, options))))
    for (let second = 0; second < 200 && running.pollUnsafe() === undefined; second++) {
      yield* settle
      if (running.pollUnsafe() === undefined) yield* TestClock.adjust("1 second")
    }
    return yield* yield* Fiber.join(running)
  })

const failed = (board: Casper.Board, file?: Casper.Fpg.Fpg | Uint8Array, options?: Casper.UploadOptions) =>
  Effect.map(Effect.flip(uploaded(board, file, options)), (error) => {
    if (error._tag !== "UploadFailed") throw error
    return error
  })

describe("an upload", () => {
  it.effect(
    "reports progress, ends when the board confirms that the FPGA is ready, and has the new registers",
    Effect.fnUntraced(function* () {
      const { board, fake } = yield* connected()
      assert.isTrue((yield* board.registers).has("gain"))
      const events = yield* uploaded(board)
      assert.deepStrictEqual(events[0], { _tag: "Waiting", port: 7146 })
      const sending = events.flatMap((event) => (event._tag === "Sending" ? [event.sent] : []))
      assert.deepStrictEqual(
        sending,
        sending.toSorted((one, other) => one - other)
      )
      assert.strictEqual(sending.at(-1), Casper.Fpg.encode(large).length)
      assert.deepStrictEqual(
        events.flatMap((event) => (event._tag === "Programming" ? [event.state] : [])).slice(0, 4),
        ["loaded", "down", "mapped", "ready"]
      )
      assert.strictEqual(events.at(-1)!._tag, "Done")
      assert.deepStrictEqual([fake.uploads, fake.state], [1, "ready"])
      assert.isTrue(Buffer.from(fake.design!.bitstream).equals(large.bitstream))
      assert.deepStrictEqual([...(yield* board.registers).keys()], ["fresh"])
    }, Effect.provide(network))
  )

  it.effect(
    "takes as long as it does, although the time of day goes back",
    Effect.fnUntraced(function* () {
      const { clock, step } = yield* steppedClock
      const { board } = yield* connected()
      const upload = board.upload(large).pipe(
        Stream.tap((event) => Effect.sync(() => event._tag === "Waiting" && step(-3_600_000))),
        Stream.runCollect,
        Effect.provideService(Clock.Clock, clock)
      )
      const running = yield* Effect.forkScoped(upload)
      for (let second = 0; second < 200 && running.pollUnsafe() === undefined; second++)
        yield* Effect.andThen(settle, TestClock.adjust("1 second"))
      const done = (yield* Fiber.join(running)).at(-1)!
      assert.isTrue(done._tag === "Done" && done.milliseconds >= 0 && done.milliseconds <= 200_000)
    }, Effect.provide(network))
  )

  it.effect(
    "uses the next port if the first ones cannot be opened",
    Effect.fnUntraced(function* () {
      const { board } = yield* connected({ faults: { takenPorts: [7146, 7150] } })
      assert.deepStrictEqual((yield* uploaded(board))[0], { _tag: "Waiting", port: 7151 })
    }, Effect.provide(network))
  )

  it.effect(
    "fails with the board's log lines if no port can be opened",
    Effect.fnUntraced(function* () {
      const { board } = yield* connected({ faults: { takenPorts: [2000] } })
      const error = yield* failed(board, large, { port: 2000 })
      assert.strictEqual(error.stage, "asking")
      assert.match(
        error.message,
        /none of the ports 2000 \(fail\)\. The board logged meanwhile: unable to bind port 2000/
      )
      const reserved = yield* failed(board, large, { port: 80 })
      assert.strictEqual(reserved.stage, "asking")
      assert.match(reserved.message, /none of the ports 80 \(invalid\)\. .*unwilling to bind reserved port 80/)
    }, Effect.provide(network))
  )

  it.effect(
    "does not report log lines about taken ports as reasons of a later failure",
    Effect.fnUntraced(function* () {
      const { board } = yield* connected({ design, faults: { takenPorts: [7146], upload: "broken" } })
      const error = yield* failed(board)
      assert.deepStrictEqual(
        error.reasons.map(({ text }) => text),
        ["unable to program bit stream"]
      )
    }, Effect.provide(network))
  )

  for (const [fault, stage, message] of [
    ["refused", "sending", /not sent as a whole over port 7146 \(0 of 1\d{6} bytes\): /],
    ["cut", "sending", /not sent as a whole over port 7146 \(\d+ of 1\d{6} bytes\): /],
    ["broken", "programming", /not programmed.*unable to program bit stream/],
    ["silent", "programming", /not get ready within 2m/]
  ] as const)
    it.effect(
      `fails if it is ${fault}, and says how far it got`,
      Effect.fnUntraced(function* () {
        const { board } = yield* connected({ design, faults: { upload: fault } })
        const error = yield* failed(board)
        assert.strictEqual(error.stage, stage)
        assert.match(error.message, message)
      }, Effect.provide(network))
    )

  it.effect(
    "reports the number of bytes sent if the board is too slow, and that no port was opened in time",
    Effect.fnUntraced(function* () {
      const { dial, listen } = yield* Casper.Network
      // takes a connection and reads nothing
      const deaf = yield* listen("127.0.0.1", 7146)
      yield* Effect.forkScoped(deaf.run(() => Effect.never))
      const board = yield* Casper.connect({ host: "roach9", client: { alive: "Infinity" } }).pipe(
        Effect.provideService(Casper.Network, {
          listen,
          dial: (host, port) => dial(port === 7146 ? "127.0.0.1" : host, port)
        }),
        Effect.forkScoped
      )
      const fake = yield* Casper.fake({ host: "roach9" })
      const connected = yield* Fiber.join(board)
      const error = yield* failed(connected, large, { timeout: "5 seconds" })
      assert.strictEqual(error.stage, "sending")
      assert.match(error.message, /did not take the file within 5s: \d+ of 1\d{6} bytes were sent/)
      fake.setFaults({ requests: { progremote: "hang" } })
      const silent = yield* failed(connected, large, { timeout: "4 seconds" })
      assert.strictEqual(silent.stage, "asking")
      assert.match(silent.message, /did not open a port within 4s/)
    }, Effect.provide(network))
  )

  it.effect(
    "fails before anything is sent if the file is too short for the server",
    Effect.fnUntraced(function* () {
      const { board, fake } = yield* connected()
      assert.strictEqual((yield* failed(board, new Uint8Array(127))).stage, "checking")
      assert.strictEqual(fake.state, "ready")
    }, Effect.provide(network))
  )

  it.effect(
    "queries the board after a lost connection, because the board continues by itself",
    Effect.fnUntraced(function* () {
      const { board } = yield* connected({ design, faults: { upload: "dropped" } })
      assert.strictEqual((yield* uploaded(board)).at(-1)!._tag, "Done")
      assert.isTrue((yield* board.registers).has("fresh"))
    }, Effect.provide(network))
  )

  it.effect(
    "is not finished by the state of the former design, which another client queries",
    Effect.fnUntraced(function* () {
      const { board, fake } = yield* connected({ design, faults: { upload: "silent" } })
      const running = yield* Effect.forkScoped(Effect.exit(Stream.runDrain(board.upload(large))))
      yield* settle
      assert.strictEqual(fake.uploads, 1)
      const other = yield* Casper.connect({ host: "127.0.0.1", client: { alive: "Infinity" } })
      assert.strictEqual(yield* other.status, "ready")
      yield* settle
      assert.isUndefined(running.pollUnsafe())
      yield* Fiber.interrupt(running)
    }, Effect.provide(network))
  )

  it.effect(
    "is one at a time for each board",
    Effect.fnUntraced(function* () {
      const { board } = yield* connected({ design, faults: { upload: "silent" } })
      const running = yield* Effect.forkScoped(Stream.runDrain(board.upload(large)))
      yield* settle
      const error = yield* failed(board)
      assert.match(error.message, /another upload/)
      yield* Fiber.interrupt(running)
    }, Effect.provide(network))
  )

  it.effect(
    "saves a file on the board, and checks that it is there",
    Effect.fnUntraced(function* () {
      const { board, fake } = yield* connected()
      yield* Stream.runDrain(board.save("new.fpg", large))
      assert.deepStrictEqual(fake.files, ["new.fpg"])
      const error = yield* Effect.flip(Stream.runDrain(board.save("../x", large)))
      assert.match(error.message, /specify a path/)
    }, Effect.provide(network))
  )

  it.effect(
    "of 64 boards at once, eight at a time, names the three that fail in different ways, and programs the rest",
    Effect.fnUntraced(function* () {
      const faults: Readonly<Record<number, Casper.Faults>> = {
        5: { upload: "broken" },
        20: { takenPorts: [7146, 7150, 7151, 7152, 7153, 7154, 7155, 7156, 7157] },
        41: { upload: "cut" }
      }
      const boards = yield* Effect.forEach(
        Array.from({ length: 64 }, (_, at) => at),
        (at) => connected({ host: `roach${at}`, faults: faults[at] })
      )
      const running = yield* Effect.forkScoped(
        Effect.forEach(
          boards,
          ({ board }) =>
            Effect.map(Effect.result(Stream.runDrain(board.upload(large))), (result) => ({ board, result })),
          { concurrency: 8 }
        )
      )
      const outcomes = yield* Fiber.join(running)
      const failures = outcomes.flatMap(({ board, result }) =>
        result._tag === "Failure"
          ? [[board.host, (result.failure as Casper.UploadFailed).stage, result.failure.message]]
          : []
      )
      assert.deepStrictEqual(
        failures.map(([host, stage]) => [host, stage]),
        [
          ["roach5:7147", "programming"],
          ["roach20:7147", "asking"],
          ["roach41:7147", "sending"]
        ]
      )
      for (const [host, , message] of failures) assert.include(message, host)
      assert.deepStrictEqual(
        [/unable to program bit stream/, /none of the ports/, /not sent as a whole/].map((why, at) =>
          why.test(failures[at]![2]!)
        ),
        [true, true, true]
      )
      assert.strictEqual(boards.filter(({ fake }) => fake.design !== undefined).length, 61)
    }, Effect.provide(network))
  )
})

describe("the upload port of the fake board", () => {
  it.effect(
    "closes if no client connects within 30 seconds, and can be opened again",
    Effect.fnUntraced(function* () {
      const fake = yield* Casper.fake()
      const { dial } = yield* Casper.Network
      const client = yield* RawConnection.make(yield* dial("127.0.0.1", 7147))
      yield* client.settle
      yield* client.send("?progremote\n?progremote\n")
      const lines = yield* client.settle
      assert.deepStrictEqual(
        lines.filter((line) => line.startsWith("!")),
        ["!progremote ok", "!progremote fail"]
      )
      yield* TestClock.adjust("30 seconds")
      assert.match((yield* client.settle)[0]!, /no\\_transfer\\_on\\_port\\_7146/)
      yield* client.send("?progremote\n")
      assert.strictEqual((yield* client.settle).at(-1), "!progremote ok")
      assert.strictEqual(fake.clients, 1)
    }, Effect.provide(network))
  )

  it.effect(
    "accepts a file that is compressed as a whole",
    Effect.fnUntraced(function* () {
      const { board, fake } = yield* connected()
      const zipped = yield* Effect.promise(() =>
        new Response(
          new Blob([Casper.Fpg.encode(large) as Uint8Array<ArrayBuffer>])
            .stream()
            .pipeThrough(new CompressionStream("gzip"))
        ).arrayBuffer()
      )
      yield* Stream.runDrain(board.upload(new Uint8Array(zipped)))
      assert.deepStrictEqual([...fake.design!.registers.keys()], ["fresh"])
    }, Effect.provide(network))
  )
})
