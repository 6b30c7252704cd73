/** Frames over a real WebSocket: what pages are sent, requests, logs, mistakes, and the end. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Allow, type CallerEnd, type PassedRequest } from "katcp/Site"
import { layerPages } from "../../../src/Gateway/live/layer.ts"
import { immediately } from "../../Client/connect.ts"
import { dishSite } from "./dish.ts"
import { type Callers, callers, listen, pageAt, type TestPage } from "./listen.ts"

const requests = Allow.only("*/echo", "*/nothing", "*/count", "*/refuse", "*/wait", "m000/restart")

const gateway = (who?: Callers) =>
  Effect.gen(function* () {
    const { dish, layer, site } = yield* dishSite
    const url = yield* Effect.provide(listen(layerPages({ requests }), who), layer)
    return { dish, site, url }
  })

const on = <A>(run: () => Promise<A>) => Effect.promise(run)
const sensorOf = (page: TestPage, path: string) =>
  [...page.model.sensors.values()].find(({ device, name }) => `${device}/${name}` === path)

describe("a page", () => {
  it.live("receives a greeting, the devices, each sensor once, and then its readings", () =>
    Effect.gen(function* () {
      const { dish, url } = yield* gateway()
      const page = yield* pageAt(url, "operator")
      const { hello } = yield* on(() => page.frame("hello"))
      assert.strictEqual(
        page.frames[0],
        page.frames.find((frame) => "hello" in frame)
      )
      assert.deepStrictEqual(
        [hello.role, hello.name, hello.login, hello.limits.frameBytes],
        ["control", "otto", true, 1_048_576]
      )
      const device = yield* on(() => page.until(({ model }) => model.devices.get("m000")))
      assert.deepStrictEqual([device.state, device.connected], ["Synced", true])
      // what this role may do: `restart` is for admins
      assert.deepStrictEqual(device.requests, ["count", "echo", "refuse", "wait"])
      page.send({ sub: 1, targets: ["m000/temp", "m00x/*"] })
      const answer = yield* on(() => page.frame("subscribed"))
      assert.deepStrictEqual(answer, { subscribed: 1, sensors: 1, unmatched: ["m00x/*"] })
      yield* on(() => page.until(() => sensorOf(page, "m000/temp")))
      const temp = dish.sensors.get("temp")!
      yield* temp.set(21.5, { status: "warn" })
      yield* on(() => page.until(() => sensorOf(page, "m000/temp")?.value === 21.5))
      assert.strictEqual(sensorOf(page, "m000/temp")!.code, 2)
      yield* temp.set(Number.NaN, { status: "nominal" })
      yield* on(() => page.until(() => sensorOf(page, "m000/temp")?.value === "NaN"))
      const metas = page.frames.flatMap((frame) => ("n" in frame ? (frame.meta ?? []) : []))
      assert.deepStrictEqual(
        metas.map(([, ...meta]) => meta),
        [["m000", "temp", "float", "K", "Temperature", []]]
      )
      // the counts follow, and the loss of the device
      yield* on(() => page.until(({ model }) => (model.devices.get("m000")?.counts[1] ?? 0) >= 1))
      yield* dish.cut
      yield* on(() => page.until(() => sensorOf(page, "m000/temp")?.code === 5))
      yield* on(() => page.until(({ model }) => model.devices.get("m000")?.connected === false || undefined))
      yield* on(() => page.until(() => sensorOf(page, "m000/temp")?.code === 1))
      page.send({ unsub: 1 })
      yield* on(() => page.until(({ model }) => model.sensors.size === 0))
    })
  )

  it.live("makes requests: informs, replies, failures, bytes, timeouts, and forbidden requests", () =>
    Effect.gen(function* () {
      const { dish, site, url } = yield* gateway()
      const records: Array<PassedRequest> = []
      yield* Effect.forkScoped(
        Stream.runForEach(site.audit, (record) => Effect.sync(() => records.push(record))),
        immediately
      )
      const page = yield* pageAt(url, "operator")
      const reader = yield* pageAt(url, "reader")
      yield* on(() => Promise.all([page.frame("hello"), reader.frame("hello")]))
      const ask = (page: TestPage, call: number, request: string, rest: object = {}) => {
        page.send({ call, device: "m000", request, ...rest })
        return on(() => page.frame("reply", ({ reply }) => reply === call))
      }
      assert.deepStrictEqual(yield* ask(page, 1, "echo", { args: ["hé"] }), { reply: 1, code: "ok", args: ["hé"] })
      assert.deepStrictEqual(yield* ask(page, 2, "echo", { args: [{ base64: "AP8=" }] }), {
        reply: 2,
        code: "ok",
        args: [{ base64: "AP8=" }]
      })
      assert.deepStrictEqual(yield* ask(page, 3, "refuse"), { reply: 3, code: "fail", args: ["not today"] })
      assert.strictEqual((yield* ask(page, 4, "nothing")).code, "invalid")
      assert.deepStrictEqual((yield* ask(page, 5, "count", { args: ["3", "2"] })).args, ["3"])
      assert.deepStrictEqual(
        page.frames.filter((frame) => "inform" in frame),
        [0, 1, 2].map(() => ({ inform: 5, name: "count", args: ["xx"] }))
      )
      const late = yield* ask(page, 6, "wait", { timeout: 0.05 })
      assert.deepStrictEqual([late.code, late.reason], ["error", "timeout"])
      for (const [who, call, request, device, reason] of [
        [page, 7, "restart", "m000", "not-allowed"],
        [page, 8, "watchdog", "m000", "not-allowed"],
        [page, 9, "halt", "m000", "not-allowed"],
        [page, 10, "echo", "m009", "no-device"],
        [reader, 11, "echo", "m000", "not-allowed"]
      ] as const) {
        const { args, code, reason: why } = yield* ask(who, call, request, { device })
        assert.deepStrictEqual([code, why], ["error", reason])
        assert.isString(args[0])
      }
      // a request that is cancelled, and one whose page goes: the waiting ends
      page.send({ call: 12, device: "m000", request: "wait" })
      page.send({ call: 12, device: "m000", request: "wait" })
      yield* on(() => page.frame("error", ({ error }) => error.of?.call === 12 && /in flight/.test(error.detail)))
      page.send({ cancel: 12 })
      assert.strictEqual((yield* on(() => page.frame("reply", ({ reply }) => reply === 12))).reason, "cancelled")
      page.send({ call: 13, device: "m000", request: "wait" })
      page.send({ call: 14, device: "m000", request: "echo", args: ["x"] })
      yield* on(() => page.frame("reply", ({ reply }) => reply === 14))
      page.socket.terminate()
      yield* Effect.suspend(() =>
        records.some(({ outcome }) => outcome === "cancelled") ? Effect.void : Effect.fail("no")
      ).pipe(Effect.eventually)
      yield* Effect.suspend(() =>
        records.filter(({ outcome }) => outcome === "cancelled").length === 2 ? Effect.void : Effect.fail("no")
      ).pipe(Effect.eventually)
      assert.deepStrictEqual(
        records
          .slice(0, 4)
          .map(({ from, outcome, request, role, via, who }) => [request, outcome, who, from, role, via]),
        [
          ["echo", "ok", "otto", "10.0.0.2", "control", "websocket"],
          ["echo", "ok", "otto", "10.0.0.2", "control", "websocket"],
          ["refuse", "fail", "otto", "10.0.0.2", "control", "websocket"],
          ["nothing", "invalid", "otto", "10.0.0.2", "control", "websocket"]
        ]
      )
      assert.isAtLeast(dish.cancelled(), 0)
    })
  )

  it.live("has a limit of requests in flight", () =>
    Effect.gen(function* () {
      const { url } = yield* gateway()
      const page = yield* pageAt(url)
      const { hello } = yield* on(() => page.frame("hello"))
      for (let call = 0; call <= hello.limits.calls; call++) page.send({ call, device: "m000", request: "wait" })
      const busy = yield* on(() => page.frame("reply"))
      assert.deepStrictEqual([busy.reply, busy.reason], [hello.limits.calls, "busy"])
    })
  )

  it.live("receives the log records of the devices at its level and above, while it subscribes to them", () =>
    Effect.gen(function* () {
      const { dish, url } = yield* gateway()
      const page = yield* pageAt(url, "reader")
      const other = yield* pageAt(url, "reader")
      page.send({ logs: "error" })
      other.send({ logs: "warn" })
      // answered in order: both are listening now
      for (const one of [page, other]) {
        one.send({ sub: 1, targets: [] })
        yield* on(() => one.frame("subscribed"))
      }
      const record = (severity: "warn" | "error", message: string) =>
        dish.log.publish({ severity, timestamp: 1000.5, name: "rx", message })
      record("warn", "warm")
      record("error", "hot\udcff")
      const logs = yield* on(() => page.frame("logs"))
      assert.deepStrictEqual(logs, { logs: [["m000", "error", 1000.5, "rx", "hot\ufffd"]], lost: 0 })
      yield* on(() =>
        other.until(({ frames }) => frames.flatMap((frame) => ("logs" in frame ? frame.logs : [])).length === 2)
      )
      page.send({ logs: "off" })
      other.send({ logs: "off" })
      page.send({ sub: 1, targets: [] })
      yield* on(() => page.until(({ frames }) => frames.filter((frame) => "subscribed" in frame).length === 2))
      record("error", "nobody hears it")
      page.send({ logs: "off" })
      page.send({ unsub: 1 })
      page.send({ unsub: 1 })
      yield* on(() => page.frame("error"))
      assert.strictEqual(page.frames.filter((frame) => "logs" in frame).length, 1)
    })
  )

  it.live("receives a reason for each mistake, and continues", () =>
    Effect.gen(function* () {
      const { url } = yield* gateway()
      const page = yield* pageAt(url, "reader")
      const bad: ReadonlyArray<readonly [frame: unknown, words: RegExp]> = [
        ["{", /not JSON/],
        [new Uint8Array([1, 2]), /text, not bytes/],
        [{ sub: 1, targets: ["rx.*"] }, /targets\[0\], "rx.\*": "rx.\*" is not a device .* write \*\/rx/],
        [{ sub: 1, targets: ["m000/"] }, /name the sensors; write m000\/\*/],
        [{ sub: 1, targets: ["/(/"] }, /not a regular expression/],
        [{ sub: 1, targets: ["/(abcdefgh){60}/"] }, /too large/],
        [
          { sub: 1, targets: Array.from({ length: 101 }, (_, at) => `m000/a${at}*`) },
          /at most 100 globs .* would have 101/
        ],
        [{ unsub: 5 }, /no subscription 5/],
        [{ ack: 99 }, /no data frame 99/],
        [{ call: 1, device: "m000", request: "a b" }, /request: expected the name/],
        [{ call: 1, device: "m000", request: "echo", args: [{ base64: "!" }] }, /args\[0\].base64/],
        ["x".repeat(1_048_577), /at most 1048576 bytes/]
      ]
      for (const [at, [frame, words]] of bad.entries()) {
        page.send(frame)
        const { error } = yield* on(() => page.until(({ frames }) => frames.filter((frame) => "error" in frame)[at]))
        assert.match(error.detail, words)
      }
      for (let sub = 0; sub <= 100; sub++) page.send({ sub, targets: [] })
      yield* on(() => page.frame("error", ({ error }) => /at most 100 subscriptions/.test(error.detail)))
      page.send({ sub: 0, targets: ["m000/*"] })
      yield* on(() => page.until(({ model }) => model.sensors.size > 0))
    })
  )

  it.live("survives any sequence of valid and invalid frames", () =>
    Effect.gen(function* () {
      const { site, url } = yield* gateway()
      const values = [
        0,
        1,
        -1,
        1e99,
        null,
        true,
        "",
        "m000",
        "m000/*",
        "/temp/",
        "__proto__",
        [],
        ["*"],
        ["m000", 5],
        {},
        { base64: "AA" },
        [{ base64: "AA==" }],
        "\ud800",
        "x".repeat(5000)
      ]
      const keys = [
        "sub",
        "unsub",
        "ack",
        "call",
        "cancel",
        "logs",
        "targets",
        "maxHz",
        "device",
        "request",
        "args",
        "timeout"
      ]
      // a fixed sequence that looks random: the same in each run
      let state = 12345
      const next = (below: number) => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0
        return Math.floor((state / 2 ** 32) * below)
      }
      for (const as of ["reader", "operator", "admin"]) {
        const page = yield* pageAt(url, as)
        for (let count = 0; count < 250; count++) {
          const frame = Object.fromEntries(
            Array.from({ length: 1 + next(4) }, () => [keys[next(keys.length)], values[next(values.length)]])
          )
          const text = JSON.stringify(frame)
          page.send(next(5) === 0 ? text.slice(0, next(text.length)) : text)
        }
        page.send({ sub: 7, targets: ["m000/temp"] })
        yield* on(() => page.frame("subscribed", ({ subscribed }) => subscribed === 7))
        assert.isUndefined(page.fault)
        assert.isFalse(page.frames.some((frame) => "error" in frame && frame.error.title === "defect"))
        page.socket.terminate()
      }
      assert.isTrue(site.isSynced)
    })
  )

  it.live("is closed with code 1009 if it sends a far too large frame", () =>
    Effect.gen(function* () {
      const { url } = yield* gateway()
      const page = yield* pageAt(url, "reader")
      yield* on(() => page.frame("hello"))
      page.send("x".repeat(5_000_000))
      const { code } = yield* on(
        () => new Promise<{ code: number }>((resolve) => page.socket.once("close", (code) => resolve({ code })))
      )
      assert.include([1006, 1009], code)
    })
  )

  it.live("receives the reason of its end: a token that was revoked or has expired, and a gateway that stops", () =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<CallerEnd>()
      const who: Callers = { ...callers, token: { ...callers.reader!, ended: Deferred.await(ended) } }
      const { layer, site } = yield* dishSite
      const scope = yield* Scope.fork(yield* Effect.scope)
      const url = yield* Effect.provide(listen(layerPages({ requests }), who), layer).pipe(Scope.provide(scope))
      const revoked = yield* pageAt(url, "token")
      const other = yield* pageAt(url, "reader")
      yield* on(() => Promise.all([revoked.frame("hello"), other.frame("hello")]))
      revoked.send({ call: 1, device: "m000", request: "wait" })
      yield* Deferred.succeed(ended, "revoked")
      assert.strictEqual((yield* on(() => revoked.frame("bye"))).bye, "revoked")
      const gone = (page: TestPage) =>
        page.until(({ closed }) => closed).catch((error) => page.closed ?? Promise.reject(error))
      assert.deepStrictEqual(yield* on(() => gone(revoked)), { code: 1008, reason: "revoked" })
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      assert.strictEqual((yield* on(() => other.frame("bye"))).bye, "stopping")
      assert.deepStrictEqual(yield* on(() => gone(other)), { code: 1001, reason: "stopping" })
      yield* Fiber.join(closing)
      assert.isTrue(site.isSynced)
    })
  )

  it.live("is refused without the role to read, and without WebSocket", () =>
    Effect.gen(function* () {
      const { url } = yield* gateway()
      const refused = yield* Effect.exit(pageAt(url, "nobody"))
      assert.match(String(refused), /403/)
      const http = url.replace(/^ws/, "http")
      const plain = yield* on(() => fetch(`${http}/api/live?as=reader`))
      assert.strictEqual(plain.status, 426)
      assert.match(yield* on(() => plain.text()), /connect with WebSocket/)
    })
  )
})
