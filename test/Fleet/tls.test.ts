import { mkdtempSync, rmSync } from "node:fs"
import { connect, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { afterAll } from "vitest"
import { Refusals } from "../../src/Fleet/node/index.ts"
import { certificates } from "./certificates.ts"
import { echo, say } from "./echo.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-fleet-tls-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const site = certificates(folder, "site", ["r1", "r2"])
const [r1, r2] = [site.get("r1")!, site.get("r2")!]
const stranger = certificates(folder, "stranger", ["r9"]).get("r9")!
const words = "?sensor-list m000.temp\n"

/** Passes a connection on, and keeps its bytes: what somebody on the network sees. */
const wiretap = (port: number) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly place: string; readonly heard: () => string; readonly end: () => void }>((resume) => {
      const chunks: Array<Buffer> = []
      const sockets: Array<Socket> = []
      const server = createServer((from) => {
        const to = connect(port, "127.0.0.1")
        sockets.push(from, to)
        for (const [one, other] of [
          [from, to],
          [to, from]
        ] as const) {
          one.on("data", (chunk) => chunks.push(chunk))
          one.on("error", () => other.destroy())
          one.pipe(other)
        }
      }).listen(0, "127.0.0.1", () => {
        const { port: at } = server.address() as { readonly port: number }
        resume(
          Effect.succeed({
            place: `127.0.0.1:${at}`,
            heard: () => Buffer.concat(chunks).toString("latin1"),
            end: () => {
              server.close()
              for (const socket of sockets) socket.destroy()
            }
          })
        )
      })
    }),
    ({ end }) => Effect.sync(end)
  )

describe("TLS between runners", () => {
  it.live("connects runners whose certificates one authority has signed, and encrypts all that they say", () =>
    Effect.gen(function* () {
      const { port, seen } = yield* echo({ tls: r1 })
      const { heard, place } = yield* wiretap(port)
      assert.strictEqual(yield* say(place, { tls: r2 }, words), words)
      assert.deepStrictEqual(seen, [words])
      assert.isAbove(heard().length, 500)
      assert.notInclude(heard(), "m000.temp")
    })
  )

  it.live("uses token and certificates together; the token alone leaves the data readable", () =>
    Effect.gen(function* () {
      const token = "the token of this fleet"
      const both = yield* echo({ token, tls: r1 })
      assert.strictEqual(yield* say(both.place, { token, tls: r2 }, words), words)
      yield* Effect.flip(say(both.place, { token: "the token of another fleet", tls: r2 }, words))
      assert.deepStrictEqual(both.seen, [words])
      const open = yield* echo({ token })
      const { heard, place } = yield* wiretap(open.port)
      assert.strictEqual(yield* say(place, { token }, words), words)
      assert.include(heard(), "m000.temp")
      assert.notInclude(heard(), token)
    })
  )

  it.live("refuses a runner without a certificate, with one of another authority, and one without TLS", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const refusals = new Refusals()
      const { place, seen } = yield* echo({ tls: r1 }, refusals).pipe(
        Effect.provide(Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))]))
      )
      // it trusts the listener, but has nothing to show
      yield* Effect.flip(say(place, { tls: { ca: r1.ca } as typeof r1 }, words))
      yield* Effect.flip(say(place, { tls: { ...stranger, ca: r1.ca } }, words))
      yield* Effect.flip(say(place, {}, words))
      assert.deepStrictEqual(seen, [])
      while (refusals.count < 3) yield* Effect.sleep(5)
      assert.deepStrictEqual(
        lines.map((line) =>
          line.replace(/^fleet: a connection from 127\.0\.0\.1 to 127\.0\.0\.1:0 was refused: TLS: /, "")
        ),
        [
          "peer did not return a certificate. Compare fleet.tls",
          "its certificate is not accepted: UNABLE_TO_VERIFY_LEAF_SIGNATURE. Compare fleet.tls",
          "wrong version number. Compare fleet.tls"
        ]
      )
      assert.strictEqual(yield* say(place, { tls: r2 }, words), words)
    })
  )

  it.live("refuses a listener of another authority, or of another name", () =>
    Effect.gen(function* () {
      const { place, seen } = yield* echo({ tls: { ...stranger, ca: r1.ca } })
      yield* Effect.flip(say(place, { tls: r2 }, words))
      const named = yield* echo({ tls: r1 })
      yield* Effect.flip(say(named.place, { tls: { ...r2, serverName: "other.example" } }, words))
      assert.deepStrictEqual([...seen, ...named.seen], [])
      assert.strictEqual(yield* say(named.place, { tls: { ...r2, serverName: "runner.example" } }, words), words)
    })
  )
})
