import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Message } from "katcp"
import { RawConnection, SocketPair } from "katcp/Testing"
import { fromLines, record, toLines } from "../../examples/recorder/recorder.ts"

describe("a recorder over any Socket", () => {
  it.effect(
    "sends its requests, and writes received messages as lines of a file, which read back as the same (A-121)",
    Effect.fnUntraced(function* () {
      const [left, right] = SocketPair.make()
      const device = yield* RawConnection.make(right)
      const requests = [Message.request("watchdog"), Message.request("log-level", ["debug"], { id: 7 })]
      const recording = yield* Effect.forkScoped(record(left, requests).pipe(toLines, Stream.runCollect), {
        startImmediately: true
      })
      yield* device.expect("?watchdog")
      yield* device.expect("?log-level[7] debug")
      yield* device.send("!watchdog ok\n#log in")
      yield* TestClock.adjust("2 seconds")
      yield* device.send("fo 0.5 dish two\\_words\nno message\n!log-level[7] ok \\0\n")
      yield* TestClock.adjust(0)
      yield* device.close
      const lines = yield* Fiber.join(recording)
      assert.deepStrictEqual(lines, [
        '{"time":0,"message":"!watchdog ok"}',
        '{"time":2000,"message":"#log info 0.5 dish two\\\\_words"}',
        '{"time":2000,"message":"!log-level[7] ok \\\\0"}'
      ])
      const read = yield* Stream.fromIterable(lines).pipe(fromLines, Stream.runCollect)
      assert.deepStrictEqual(
        read.map(({ message, time }) => [time, message.name, message.id, message.text(message.length - 1)]),
        [
          [0, "watchdog", undefined, "ok"],
          [2000, "log", undefined, "two words"],
          [2000, "log-level", 7, "\u0000"]
        ]
      )
    })
  )

  it.effect(
    "fails when the connection breaks",
    Effect.fnUntraced(function* () {
      const [left, right] = SocketPair.make()
      const device = yield* RawConnection.make(right)
      const recording = yield* Effect.forkScoped(Stream.runDrain(record(left)), { startImmediately: true })
      yield* TestClock.adjust(0)
      yield* device.reset
      assert.strictEqual((yield* Effect.flip(Fiber.join(recording)))._tag, "SocketError")
    })
  )
})

describe("the recorder's program", () => {
  const root = path.join(import.meta.dirname, "..", "..")

  it("prints the messages of a device, and reports an invalid request", async () => {
    const device = spawn(process.execPath, ["examples/device.ts", "--no-dashboard", "--port", "0"], { cwd: root })
    try {
      let port = ""
      for await (const line of createInterface({ input: device.stdout })) {
        port = /:(\d+)$/.exec(line)?.[1] ?? ""
        if (port !== "") break
      }
      const recorder = spawn(process.execPath, ["examples/recorder.ts", "127.0.0.1", port, "?add[3] 1 2"], {
        cwd: root
      })
      try {
        const found: Array<string> = []
        for await (const line of createInterface({ input: recorder.stdout })) {
          found.push(JSON.parse(line).message)
          if (found.at(-1)!.startsWith("!")) break
        }
        assert.strictEqual(found.at(-1), "!add[3] ok 3.0")
        assert.isTrue(found.some((message) => message.startsWith("#version-connect katcp-protocol 5.1")))
        const bad = await promisify(execFile)(process.execPath, ["examples/recorder.ts", "127.0.0.1", port, "add"], {
          cwd: root
        }).catch((error: { readonly code: number; readonly stderr: string }) => error)
        assert.strictEqual("code" in bad && bad.code, 1)
        assert.match(bad.stderr, /^cannot record 127.0.0.1:\d+: .*Expected \?, ! or #/)
        const ended = once(recorder, "exit")
        device.kill("SIGTERM")
        // the device closes the connection in order, and the recording ends
        assert.deepStrictEqual(await ended, [0, null])
      } finally {
        recorder.kill("SIGKILL")
      }
    } finally {
      device.kill("SIGKILL")
    }
  })
})
