/** Changes of a site file that cannot be applied: what ran before runs on, and the log and `/healthz` say so. */
import { writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { serveSite } from "katcp/Serve"
import { freePort } from "../../scripts/freePort.ts"
import { folder } from "../Archive/folder.ts"

const port = Effect.promise(() => freePort())

/** A port that another program has. */
const takenPort = Effect.gen(function* () {
  const at = yield* port
  yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer().listen(at, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  )
  return at
})

/** The first line of the device at a port; fails if nothing listens there. */
const firstLine = (at: number) =>
  Effect.callback<string, Error>((resume) => {
    const socket = connect(at, "127.0.0.1")
    socket
      .setEncoding("utf8")
      .once("data", (text: string) => resume(Effect.succeed(text.split("\n")[0]!)))
      .once("error", (error) => resume(Effect.fail(error)))
    return Effect.sync(() => socket.destroy())
  })

interface Part {
  readonly status: string
  readonly reason?: string
  readonly details: {
    readonly fault?: ReadonlyArray<string>
    readonly listen?: string
    readonly m000?: { since: number }
  }
}

/** Runs a site with a listener, a proxy, an archive and a gateway. */
const running = Effect.gen(function* () {
  const where = yield* folder
  const [http, proxy, device] = [yield* port, yield* port, yield* port]
  const file = path.join(where, "site.yaml")
  const lines: Array<string> = []
  const sections = {
    devices: `{ m000: "127.0.0.1:${device}", m001: "127.0.0.1:1" }`,
    http: `{ listen: ${http} }`,
    gateway: "{}",
    proxy: `{ listen: ${proxy} }`,
    archive: `{ store: "sqlite:${path.join(where, "site.db")}" }`
  }
  const write = (changed: Partial<typeof sections>) =>
    writeFileSync(
      file,
      Object.entries({ ...sections, ...changed })
        .map(([key, value]) => `${key}: ${value}\n`)
        .join("")
    )
  write({})
  const logger = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])
  const site = yield* Effect.provide(serveSite(file), logger)
  const get = (place: string) =>
    Effect.promise(async () => {
      const response = await fetch(`http://127.0.0.1:${http}${place}`)
      return { status: response.status, body: await response.text() }
    })
  const health = Effect.map(
    get("/healthz"),
    ({ body }) => JSON.parse(body) as { readonly status: string; readonly parts: Readonly<Record<string, Part>> }
  )
  /** Everything runs as it did at the start. */
  const runs = Effect.gen(function* () {
    assert.match(yield* firstLine(proxy), /^#version-connect/)
    assert.strictEqual((yield* get("/metrics")).status, 200)
    assert.notStrictEqual((yield* get("/api/readings")).status, 501)
    const { parts } = yield* health
    assert.deepInclude(parts.proxy, { status: "ok" })
    assert.deepInclude(parts.archive, { status: "ok" })
    assert.sameMembers(Object.keys(parts.devices!.details), ["m000", "m001"])
    return parts
  })
  /** Applies a change, and returns the text that is logged. */
  const change = (changed: Partial<typeof sections>) =>
    Effect.gen(function* () {
      lines.length = 0
      write(changed)
      yield* Effect.provide(site.reload, logger)
      return lines.join("\n")
    })
  return { where, http, proxy, site, change, runs, health, get }
})

describe("a change of a site file that cannot start", () => {
  it.live("leaves everything as it was", () =>
    Effect.gen(function* () {
      const { change, http, proxy, runs, site, where } = yield* running
      const taken = yield* takenPort
      const junk = path.join(where, "junk.pem")
      writeFileSync(junk, "junk")
      yield* runs
      const device = site.site.devices.get("m001")
      for (const [what, changed, why] of [
        ["a taken port", { proxy: `{ listen: ${taken} }` }, `proxy: cannot listen on 127.0.0.1:${taken}`],
        [
          "a device that is not there",
          { proxy: `{ listen: ${proxy}, transparent: nosuch }` },
          "serves one device, nosuch"
        ],
        [
          "a store without its folder",
          { archive: "{ store: sqlite:/nosuch/x.db }" },
          "archive.store: there is no folder /nosuch"
        ],
        ["tokens that are not there", { http: `{ listen: ${http}, tokens: no.tokens }` }, "http.tokens: cannot read"],
        [
          "a certificate that is not there",
          { http: `{ listen: ${http}, tls: { cert: no.pem, key: no.pem } }` },
          "http.tls: cannot read"
        ],
        [
          "a malformed certificate",
          { http: `{ listen: ${http}, tls: { cert: junk.pem, key: junk.pem } }` },
          "http.tls: "
        ],
        [
          "a device removed, and a taken port",
          { devices: '{ m000: "127.0.0.1:1" }', proxy: `{ listen: ${taken} }` },
          "cannot listen"
        ]
      ] as const) {
        const said = yield* change(changed)
        assert.include(said, why, what)
        assert.include(said, "the former configuration stays in use", what)
        assert.notInclude(said, "proxy: listening", what)
        const parts = yield* runs
        assert.include(parts.file!.details.fault?.join(), why, what)
        assert.strictEqual(site.site.devices.get("m001"), device, what)
      }
      assert.include(yield* change({}), "was applied")
      assert.strictEqual(site.fault(), undefined)
    })
  )

  it.live("starts a part again that had to end for it, and says so", () =>
    Effect.gen(function* () {
      const { change, proxy, runs, site } = yield* running
      // the address is of the same port, so both cannot listen at the same time
      const said = yield* change({ proxy: `{ listen: "192.0.2.1:${proxy}", insecure: true }` })
      assert.include(said, `proxy: cannot listen on 192.0.2.1:${proxy}`)
      assert.include(said, "in use again: proxy had ended for the change, and was started again")
      yield* runs
      assert.include(site.fault(), "192.0.2.1")
    })
  )
})

describe("a change of a site file", () => {
  it.live("can move a proxy to another port, change an archive, and exchange the ports of two parts", () =>
    Effect.gen(function* () {
      const { change, http, proxy, runs, site, where } = yield* running
      const other = yield* port
      yield* change({ proxy: `{ listen: ${other} }` })
      assert.strictEqual(site.fault(), undefined)
      assert.match(yield* firstLine(other), /^#version-connect/)
      assert.instanceOf(yield* Effect.flip(firstLine(proxy)), Error)
      // the same store, so the former archive ends first
      yield* change({ archive: `{ store: "sqlite:${path.join(where, "site.db")}", every: 1s }` })
      assert.strictEqual(site.fault(), undefined)
      yield* change({})
      yield* runs
      yield* change({ proxy: `{ listen: ${http} }`, http: `{ listen: ${proxy} }` })
      assert.strictEqual(site.url(), `http://127.0.0.1:${proxy}`)
      assert.match(yield* firstLine(http), /^#version-connect/)
    })
  )
})
