import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Protocol } from "../Message/index.ts"
import type { Connection } from "./Connection.ts"
import type { Facts, SensorFacts } from "./Device.ts"
import { logLevels } from "./formats.ts"
import type { Line } from "./Line.ts"

/**
 * Sensors of each type that `?set-sensor` is tried on. Not measured: one that can be set is usually among the first.
 */
const tried = 4

/** Returns the informs of a request of the probe; empty if it was refused or not answered. */
const informsOf = (client: Connection, request: string): Effect.Effect<ReadonlyArray<Line>> =>
  Effect.match(client.ask(request), { onFailure: () => [], onSuccess: ({ informs }) => informs })

/** Returns the listed sensors of a device. */
export const listedSensors = (client: Connection): Effect.Effect<ReadonlyArray<SensorFacts>> =>
  Effect.map(informsOf(client, "?sensor-list"), (informs) =>
    informs.map(({ args: [name = "", , , type = "", ...parameters] }) => ({
      name,
      type,
      parameters,
      settable: undefined
    }))
  )

/** Returns the number of clients of a device, if it reports them. */
export const clientsOf = (client: Connection): Effect.Effect<number | undefined> =>
  Effect.map(informsOf(client, "?client-list"), ({ length }) => (length === 0 ? undefined : length))

/** Returns the protocol of a greeting. */
const protocolOf = (greeting: ReadonlyArray<Line>): Protocol => {
  const announcement = greeting.find((line) => line.isInform("version-connect") && line.args[0] === "katcp-protocol")
  const announced = Option.getOrUndefined(Protocol.parse(announcement?.args[1] ?? ""))
  if (announced !== undefined) return announced
  return greeting.some(({ name }) => name === "version" || name === "build-state")
    ? Protocol.make(4, 0)
    : Protocol.make(5, 0)
}

/** Checks that `?set-sensor` can set a sensor, by setting its current reading. */
const settable = Effect.fnUntraced(function* (client: Connection, name: string) {
  const [line] = yield* informsOf(client, `?sensor-value ${name}`)
  const [, , , status, value] = line?.args ?? []
  if (status === undefined || value === undefined) return undefined
  const raw = line!.raw.split(/[ \t]+/)[5]!
  const set = yield* Effect.option(client.ask(`?set-sensor ${name} ${raw} ${status}`))
  return Option.isSome(set) && set.value.reply.isOk ? { value, status } : undefined
})

/** Sorts sensors created by a test first. */
const forTestsFirst = (one: SensorFacts, other: SensorFacts) =>
  Number(other.name.startsWith("test.")) - Number(one.name.startsWith("test."))

/** Finds out the facts about a device. Unanswered ones stay empty: the checks will report them. */
export const probe = Effect.fnUntraced(function* (client: Connection, testRequests: boolean): Effect.fn.Return<Facts> {
  const before = yield* Effect.option(client.exchange(""))
  const greeting = Option.getOrElse(before, () => client.inbox).filter(
    (line) => line.kind === "inform" && !["log", "client-connected", "sensor-status"].includes(line.name)
  )
  const protocol = protocolOf(greeting)
  const help = yield* Effect.option(client.ask("?help"))
  const basics = { protocol, greeting: greeting.map(({ raw }) => raw) }
  // a device that answers neither is not queried any longer
  if (Option.isNone(before) && Option.isNone(help))
    return {
      ...basics,
      several: protocol.multiClient,
      clients: undefined,
      requests: [],
      sensors: [],
      logLevel: undefined
    }
  const requests = Option.isSome(help) ? help.value.informs.flatMap(({ args }) => args[0] ?? []) : []
  const level = yield* Effect.option(client.ask("?log-level"))
  const listed = yield* listedSensors(client)
  const sensors: Array<SensorFacts> = []
  const types = new Map<string, number>()
  for (const sensor of listed.toSorted(forTestsFirst)) {
    const count = types.get(sensor.type) ?? 0
    types.set(sensor.type, count + 1)
    const mayBe = testRequests && requests.includes("set-sensor") && count < tried
    sensors.push(mayBe ? { ...sensor, settable: yield* settable(client, sensor.name) } : sensor)
  }
  const said = Option.isSome(level) ? level.value.reply.args[1] : undefined
  return {
    ...basics,
    several: protocol.major >= 5 ? protocol.multiClient : requests.includes("client-list"),
    clients: requests.includes("client-list") ? yield* clientsOf(client) : undefined,
    requests,
    sensors,
    logLevel: logLevels.find((level) => level === said)
  }
})
