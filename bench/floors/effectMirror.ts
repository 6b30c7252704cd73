import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"

interface Reading {
  readonly timestamp: number
  readonly status: string
  readonly value: string | number
}
interface Sensor {
  readonly name: string
  readonly doc: string
  readonly units: string
  readonly type: string
  reading: Reading | undefined
}
interface Open {
  readonly reply: Deferred.Deferred<ReadonlyArray<string>>
  readonly informs: Array<ReadonlyArray<string>>
}
export interface EffectMirror {
  readonly sensors: ReadonlyMap<string, Sensor>
  update: () => void
}

const bulkSize = 2000

/**
 * A mirror inside Effect, used with care: a fiber of a scope pulls from Effect's Socket, a request is an effect, and
 * readings are typed objects. Without timeouts, checks, escapes, Schemas and reconnecting: the difference to the project
 * is the cost of its features. With `inspect` it requests the list of requests, too.
 */
export const effectMirror = (
  host: string,
  port: number,
  inspect: boolean
): Effect.Effect<EffectMirror, Socket.SocketError, Scope.Scope> =>
  Effect.gen(function* () {
    const socket = yield* NodeSocket.makeNet({ host, port, noDelay: true })
    const { pull } = yield* socket.reader
    const { write } = yield* socket.writer
    const sensors = new Map<string, Sensor>()
    const found: EffectMirror = { sensors, update: () => {} }
    const open = new Map<string, Open>()
    let last = 0
    let rest = ""

    const line = (text: string): void => {
      const words = text.split(" ")
      const head = words[0]!
      if (head === "#sensor-status") {
        const sensor = sensors.get(words[3]!)
        if (sensor === undefined) return
        const value = sensor.type === "float" || sensor.type === "integer" ? Number(words[5]) : words[5]!
        sensor.reading = { timestamp: Number(words[1]), status: words[4]!, value }
        found.update()
        return
      }
      const key = head.substring(1)
      const request = open.get(key)
      if (request === undefined) return
      if (head.startsWith("#")) request.informs.push(words)
      else {
        open.delete(key)
        Deferred.doneUnsafe(request.reply, Exit.succeed(words))
      }
    }
    const take = (chunks: ReadonlyArray<Uint8Array | string>): void => {
      for (const chunk of chunks) {
        const text = rest + (chunk as Buffer).toString("latin1")
        let at = 0
        for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", at)) {
          line(text.substring(at, end))
          at = end + 1
        }
        rest = text.substring(at)
      }
    }
    const request = (name: string, args = "") =>
      Effect.suspend(() => {
        const key = `${name}[${++last}]`
        const one: Open = { reply: Deferred.makeUnsafe(), informs: [] }
        open.set(key, one)
        return Effect.as(Effect.andThen(write(`?${key}${args}\n`), Deferred.await(one.reply)), one.informs)
      })

    yield* Effect.forkScoped(Effect.ignore(Effect.forever(Effect.map(pull, take))), { startImmediately: true })
    if (inspect) yield* request("help")
    for (const [, name = "", doc = "", units = "", type = ""] of yield* request("sensor-list"))
      sensors.set(name, { name, doc, units, type, reading: undefined })
    const names = [...sensors.keys()].filter((name) => name.startsWith("s"))
    const batches: Array<string> = []
    for (let at = 0; at < names.length; at += bulkSize) batches.push(names.slice(at, at + bulkSize).join(","))
    yield* Effect.forEach(batches, (batch) => request("sensor-sampling", ` ${batch} auto`), {
      concurrency: "unbounded",
      discard: true
    })
    return found
  })
