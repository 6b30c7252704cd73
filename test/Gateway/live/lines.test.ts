/** KATCP lines over WebSocket: a device under its own names, the site as one, and who may do what. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Client } from "katcp"
import { NodeClient } from "katcp/Node"
import { Allow, type CallerEnd, type PassedRequest } from "katcp/Site"
import { WebSocket } from "ws"
import { layerLines } from "../../../src/Gateway/live/lines.ts"
import { immediately } from "../../Client/connect.ts"
import { dishSite } from "./dish.ts"
import { type Callers, callers, listen } from "./listen.ts"

const requests = Allow.only("*/echo", "m000/restart")

const gateway = (who?: Callers) =>
  Effect.gen(function* () {
    const { dish, layer, site } = yield* dishSite
    const url = yield* Effect.provide(listen(layerLines({ requests }), who), layer)
    const client = (path: string, as: string) =>
      Effect.provide(Client.make({ inspect: true, reconnect: false }), NodeClient.webSocket(`${url}${path}?as=${as}`))
    return { client, dish, site, url }
  })

const asked = (
  client: { readonly callRaw: Client.Client<never, never>["callRaw"] },
  name: string,
  ...values: ReadonlyArray<string>
) => Effect.map(client.callRaw(name, values), ({ code, values }) => [code, ...values])

describe("KATCP lines over WebSocket", () => {
  it.live("serve a device under its own names, with the requests that the allow list and the role permit", () =>
    Effect.gen(function* () {
      const { client, dish, site } = yield* gateway()
      const records: Array<PassedRequest> = []
      yield* Effect.forkScoped(
        Stream.runForEach(site.audit, (record) => Effect.sync(() => records.push(record))),
        immediately
      )
      const operator = yield* client("/katcp/m000", "operator")
      yield* dish.sensors.get("temp")!.set(4.25, { status: "warn" })
      const warm = yield* operator.sensorNamed("temp").waitFor(({ status }) => status === "warn")
      assert.strictEqual(warm.value, 4.25)
      assert.deepStrictEqual(yield* asked(operator, "echo", "hé"), ["ok", "hé"])
      // not in the allow list, not there for this role, and not for anyone who comes in here
      assert.strictEqual((yield* asked(operator, "count", "1", "1"))[0], "invalid")
      assert.strictEqual((yield* asked(operator, "restart"))[0], "fail")
      const reader = yield* client("/katcp/m000", "reader")
      assert.match((yield* asked(reader, "echo", "x"))[1]!, /needs the role control/)
      const admin = yield* client("/katcp/m000", "admin")
      for (const [name, ...values] of [["halt"], ["restart"], ["log-level", "trace"]] as const)
        assert.strictEqual((yield* asked(admin, name, ...values))[0], "fail")
      assert.isTrue(site.isSynced)
      assert.deepStrictEqual(
        records.map(({ from, outcome, request, role, who }) => [request, outcome, role, who, from.split(":")[0]]),
        [["echo", "ok", "control", "otto", "10.0.0.2"]]
      )
    })
  )

  it.live("serve the whole site as one device", () =>
    Effect.gen(function* () {
      const { client } = yield* gateway()
      const all = yield* client("/katcp", "operator")
      yield* all.sensorNamed("m000.temp").get()
      assert.deepStrictEqual(yield* asked(all, "m000-echo", "x"), ["ok", "x"])
    })
  )

  it.live("are refused without the role read, and for unknown devices", () =>
    Effect.gen(function* () {
      const { url } = yield* gateway()
      const http = url.replace(/^ws/, "http")
      const told = (path: string) =>
        Effect.promise(async () => {
          const socket = new WebSocket(`${url}${path}`)
          return new Promise<string>((resolve) => socket.on("error", (error) => resolve(error.message)))
        })
      assert.match(yield* told("/katcp/m000?as=nobody"), /403/)
      assert.match(yield* told("/katcp/m009?as=reader"), /404/)
      const plain = yield* Effect.promise(() => fetch(`${http}/katcp/m000?as=reader`))
      assert.strictEqual(plain.status, 426)
    })
  )

  it.live("end when the token ends, with the reason", () =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<CallerEnd>()
      const { url } = yield* gateway({ ...callers, token: { ...callers.reader!, ended: Deferred.await(ended) } })
      const socket = new WebSocket(`${url}/katcp/m000?as=token`, ["katcp"])
      let text = ""
      yield* Effect.promise(
        () =>
          new Promise<void>((resolve) =>
            socket.on("message", (data: Buffer) => {
              text += data.toString()
              resolve()
            })
          )
      )
      const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()))
      yield* Deferred.succeed(ended, "expired")
      yield* Effect.promise(() => closed)
      assert.match(text, /#version-connect katcp-protocol/)
      assert.match(text, /#disconnect the\\_token\\_is\\_expired\n/)
    })
  )
})
