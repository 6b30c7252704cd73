/** Every form of an address, by the command as it was built, against listeners of each kind. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { assert, describe, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SocketServer from "effect/socket/SocketServer"
import { Server } from "katcp"
import { NodeServer } from "katcp/Node"
import { DemoDevice } from "katcp/Testing"
import * as certificates from "../Node/certificates/index.ts"
import { portOf } from "../Node/networks.ts"
import { katcp } from "./katcp.ts"

const pem = (name: string) => path.join(import.meta.dirname, "..", "Node", "certificates", name)
const ca = ["--ca", pem("authority.pem")]

/** A device at each kind of listener; where they are. */
class Places extends Context.Service<
  Places,
  {
    readonly plain: number
    readonly tls: number
    readonly mutual: number
    readonly ws: number
    readonly wss: number
    readonly unix: string
  }
>()("test/Places") {
  static readonly layer = Layer.effect(
    Places,
    Effect.gen(function* () {
      const { authority, server } = certificates
      const served = Effect.fnUntraced(function* (
        listening: Layer.Layer<SocketServer.SocketServer, SocketServer.SocketServerError>
      ) {
        const context = yield* Layer.build(listening)
        yield* Layer.build(
          Server.layer(DemoDevice.Demo).pipe(
            Layer.provide(Layer.fresh(DemoDevice.layer)),
            Layer.provide(Layer.succeedContext(context))
          )
        )
        return Context.get(context, SocketServer.SocketServer).address
      })
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(path.join(tmpdir(), "katcp-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
      )
      const unix = path.join(folder, "demo device.sock")
      yield* served(NodeServer.unix({ path: unix }))
      return {
        plain: portOf(yield* served(NodeServer.tcp({ host: "127.0.0.1", port: 0 }))),
        tls: portOf(yield* served(NodeServer.tls({ host: "127.0.0.1", port: 0, ...server }))),
        mutual: portOf(yield* served(NodeServer.tls({ host: "127.0.0.1", port: 0, ...server, ca: authority }))),
        ws: portOf(yield* served(NodeServer.webSocket({ host: "127.0.0.1", port: 0, path: "/katcp" }))),
        wss: portOf(yield* served(NodeServer.webSocket({ host: "127.0.0.1", port: 0, path: "/katcp", tls: server }))),
        unix
      }
    }).pipe(Effect.orDie)
  )
}

const run = (...words: ReadonlyArray<string>) => Effect.promise(() => katcp(words))

layer(Places.layer, { excludeTestServices: true })("addresses of the command", (it) => {
  describe("each form", () => {
    it.effect("reaches the device", () =>
      Effect.gen(function* () {
        const { mutual, plain, tls, unix, ws, wss } = yield* Places
        const forms: ReadonlyArray<ReadonlyArray<string>> = [
          [`127.0.0.1:${plain}`],
          [`localhost:${plain}`],
          [`katcp://127.0.0.1:${plain}`],
          [`katcps://127.0.0.1:${tls}`, ...ca],
          [`katcps://localhost:${tls}`, ...ca],
          [`katcps://127.0.0.1:${tls}`, ...ca, "--server-name", "device.example"],
          [`katcps://127.0.0.1:${mutual}`, ...ca, "--cert", pem("client.pem"), "--key", pem("client.key")],
          [`ws://127.0.0.1:${ws}/katcp`],
          [`wss://127.0.0.1:${wss}/katcp`, ...ca],
          [`wss://127.0.0.1:${wss}/katcp`, ...ca, "--server-name", "device.example"],
          [`unix:${unix}`]
        ]
        const answers = yield* Effect.forEach(
          forms,
          ([address = "", ...flags]) =>
            Effect.map(
              run("call", address, "echo", "x", "1", "2", "1", ...flags),
              (ended) => [address, ended] as const
            ),
          { concurrency: 2 }
        )
        for (const [address, { code, err, out }] of answers) {
          assert.deepStrictEqual([code, err], [0, ""], address)
          assert.match(out, /^!echo\[\d+\] ok x 1\.0 2 1$/m)
        }
      })
    )

    it.effect("is taken by every command that takes a device", () =>
      Effect.gen(function* () {
        const { plain, unix } = yield* Places
        const address = `unix:${unix}`
        const commands: ReadonlyArray<readonly [words: ReadonlyArray<string>, wanted: RegExp]> = [
          [["info", address], /protocol +5\.1/],
          [["list", address], /an\.int/],
          [["get", address, "an.int"], /^an\.int/],
          [["help", address, "echo"], /an inform for each/],
          [["monitor", address, "an.int", "--count", "1"], /an\.int/],
          [["wait", address, "an.int", "status", "nominal,unknown"], /^an\.int/],
          [["log", address, "--for", "100ms"], /^/],
          [["shell", address], /^/],
          [["contract", address], /"slow-command"/],
          [["contract", "diff", address, `127.0.0.1:${plain}`], /^/],
          [["conform", address, "--only", "connect-002"], /^/]
        ]
        const all = yield* Effect.forEach(
          commands,
          ([words, wanted]) => Effect.map(run(...words), (ended) => ({ words, wanted, ended })),
          { concurrency: 2 }
        )
        for (const { ended, wanted, words } of all) {
          assert.strictEqual(ended.code, 0, `${words.join(" ")}: ${ended.err}`)
          assert.match(ended.out, wanted, words.join(" "))
        }
      })
    )
  })

  describe("a port that is dialled in the wrong way", () => {
    it.effect("is reported at once, with a suggestion", () =>
      Effect.gen(function* () {
        const { mutual, plain, tls, ws, wss } = yield* Places
        const cases: ReadonlyArray<readonly [address: string, wanted: string]> = [
          [`127.0.0.1:${tls}`, `127.0.0.1:${tls} looks like TLS: try katcps://127.0.0.1:${tls}`],
          [`127.0.0.1:${mutual}`, `looks like TLS: try katcps://127.0.0.1:${mutual}`],
          [`ws://127.0.0.1:${wss}/katcp`, `looks like TLS: try wss://127.0.0.1:${wss}/katcp`],
          [`katcps://127.0.0.1:${plain}`, `it does not speak TLS on that port; try katcp://127.0.0.1:${plain}`],
          [`wss://127.0.0.1:${ws}/katcp`, `it does not speak TLS on that port; try ws://127.0.0.1:${ws}/katcp`],
          [
            `127.0.0.1:${ws}`,
            `127.0.0.1:${ws} looks like a web server: if a device is behind a WebSocket there, try ws://`
          ],
          [`ws://127.0.0.1:${plain}/katcp`, `this is not a web server: try katcp://127.0.0.1:${plain}`]
        ]
        for (const [address, wanted] of cases) {
          // the device may take as long as it wants: what is said does not wait for that
          const { code, err } = yield* run("call", address, "watchdog", "--timeout", "86400")
          assert.strictEqual(code, 2, address)
          assert.include(err, wanted, address)
          assert.strictEqual(err.trimEnd().split("\n").length, 1, err)
        }
      })
    )

    it.effect("is also reported by monitor, which continues when a device is away", () =>
      Effect.gen(function* () {
        const { tls } = yield* Places
        const { code, err } = yield* run("monitor", `127.0.0.1:${tls}`)
        assert.strictEqual(code, 2)
        assert.include(err, `try katcps://127.0.0.1:${tls}`)
      })
    )
  })

  describe("wrong credentials", () => {
    it.effect("are reported in one line", () =>
      Effect.gen(function* () {
        const { mutual, plain, tls, unix } = yield* Places
        const at = `katcps://127.0.0.1:${tls}`
        const cases: ReadonlyArray<readonly [words: ReadonlyArray<string>, wanted: string]> = [
          [[at], "its certificate was issued by an authority that is not trusted here"],
          [[at, ...ca, "--server-name", "other.example"], "its certificate is for another name"],
          [[at, "--ca", "/no/such/file"], "--ca /no/such/file: there is no such file or folder"],
          [[at, "--ca", import.meta.filename], "the file has no certificate or key"],
          [[at, ...ca, "--key", pem("client.key")], "--key also needs --cert"],
          [[at, ...ca, "--cert", pem("client.pem")], "--cert also needs --key"],
          [[at, ...ca, "--cert", pem("client.pem"), "--key", pem("client.pem")], "the file has no private key"],
          [[`katcps://127.0.0.1:${mutual}`, ...ca], "certificate"],
          [
            [`127.0.0.1:${plain}`, ...ca],
            "is dialled without TLS: --ca, --cert, --key and --server-name are for katcps://"
          ],
          [[`unix:${unix}`, ...ca], "is dialled without TLS"],
          [["unix:/no/such.sock"], "cannot connect to unix:/no/such.sock: there is no such file"],
          [["http://x/katcp"], "did you mean ws://x/katcp?"],
          [["1:2:3]"], "is not an address of a device: write HOST or HOST:PORT"]
        ]
        for (const [words, wanted] of cases) {
          const { code, err } = yield* run("info", ...words)
          assert.strictEqual(code, 2, words.join(" "))
          assert.include(err, wanted, words.join(" "))
          assert.strictEqual(err.trimEnd().split("\n").length, 1, err)
        }
      })
    )
  })
})
