/**
 * A slow client beside a fast one: the conflated output of one is compared with that of the other. Two servers of one device, of different versions, so the sensors are reported in two dialects.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Schema from "effect/Schema"
import { SocketServer } from "effect/socket/SocketServer"
import { Arg, Interface, Message, Sensor, Server } from "katcp"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { say } from "./harness.ts"

const names = ["a", "b"] as const
const Lab = Interface.make("lab")
const define = (name: string) => Sensor.make(name, { doc: name, type: Arg.Int, initial: 0 })

const Step = Schema.Struct({
  what: Schema.Literals([
    ...Array.from({ length: 8 }, () => "set" as const),
    ...Array.from({ length: 3 }, () => "sample" as const),
    ...(["pause", "pause", "resume", "ask", "clear", "replace", "remove"] as const)
  ]),
  name: Schema.Literals(names),
  strategy: Schema.Literals(["auto", "auto", "event", "differential 3", "none"]),
  /** The step of the value. */
  by: Schema.Literals([0, 1, 2, 5])
})

const serving = Effect.gen(function* () {
  const network = Context.get(yield* Layer.build(MemoryNetwork.layerEmpty({ limit: 1 })), MemoryNetwork)
  const at = (port: number) => NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, port)
  const listen = (port: number) => Effect.map(network.listen(at(port)), (server) => Layer.succeed(SocketServer, server))
  const built = yield* Layer.build(
    Layer.mergeAll(
      Layer.provide(
        Server.layer(Lab, { interfaceChanged: "each", slowClient: "conflate", sharedDevice: true }),
        yield* listen(1)
      ),
      Layer.provide(
        Server.layer(Lab, { protocol: Message.Protocol.make(4, 0, "M"), sharedDevice: true }),
        yield* listen(2)
      )
    ).pipe(Layer.provideMerge(Lab.toLayer({})))
  )
  const dial = (port: number) => Effect.flatMap(network.connectTo(at(port)), (socket) => RawConnection.make(socket))
  const set = yield* Effect.provide(Lab.sensorSet, built)
  return { slow: yield* dial(1), quick: yield* dial(2), set }
})

/** The received values of each sensor, in parts: a new part begins where its sampling was set or ended. */
const parts = (lines: ReadonlyArray<string>): Map<string, Array<Array<string>>> => {
  const found = new Map<string, Array<Array<string>>>(names.map((name) => [name, [[]]]))
  for (const line of lines) {
    const [head, first, second, third] = line.split(" ")
    if (head === "#sensor-status") found.get(third!)!.at(-1)!.push(line.split(" ").at(-1)!)
    else if (head === "!sensor-sampling" && first === "ok") found.get(second!)!.push([])
    else if (head === "!sensor-sampling-clear") for (const all of found.values()) all.push([])
  }
  return found
}

const isPartOf = (part: ReadonlyArray<string>, all: ReadonlyArray<string>): boolean => {
  let at = 0
  for (const value of all) if (value === part[at]) at++
  return at === part.length
}

describe("with slowClient conflate a client that reads now and then", () => {
  it.effect.prop(
    "receives a subsequence of a fast client's readings of each sensor, including the last one (P-018)",
    { steps: Schema.Array(Step) },
    Effect.fnUntraced(function* ({ steps }) {
      const { quick, set, slow } = yield* serving
      let value = 0
      for (const name of names) yield* set.add(define(name))
      const told: Array<string> = []
      const both = (line: string) => Effect.andThen(say(slow, line), say(quick, line))
      for (const name of names) yield* both(`?sensor-sampling ${name} auto`)
      yield* slow.settle
      yield* quick.settle
      yield* slow.pause
      for (const { by, name, strategy, what } of steps) {
        if (what === "set") yield* set.get(name)?.setUnknown((value += by)) ?? Effect.void
        else if (what === "remove") yield* set.remove(name)
        else if (what === "replace") yield* set.add(define(name))
        else if (what === "sample") yield* both(`?sensor-sampling ${name} ${strategy}`)
        else if (what === "clear") yield* both("?sensor-sampling-clear")
        else if (what === "ask") yield* both("?watchdog")
        else if (what === "pause") yield* slow.pause
        else yield* slow.resume
        // which lets both servers take it before the next step
        told.push(...(yield* quick.settle))
      }
      yield* slow.resume
      const mine = yield* slow.settle
      const replies = (lines: ReadonlyArray<string>) => lines.filter((line) => line.startsWith("!"))
      assert.deepStrictEqual(replies(mine), replies(told))
      const [part, all] = [parts(mine), parts(told)]
      for (const name of names) {
        assert.strictEqual(part.get(name)!.length, all.get(name)!.length)
        part.get(name)!.forEach((values, at) => {
          const wanted = all.get(name)![at]!
          assert.isTrue(isPartOf(values, wanted), `${name}: ${values} of ${wanted}`)
        })
        // a sensor that was removed or replaced is not told of any more
        const [last, wanted] = [part.get(name)!.at(-1)!, all.get(name)!.at(-1)!]
        const kept = steps.findLast((step) => step.name === name && ["remove", "replace"].includes(step.what))
        if (kept === undefined && wanted.length > 0) assert.strictEqual(last.at(-1), wanted.at(-1))
      }
    }),
    { arbitrary: { size: 50, runs: 80 } }
  )
})
