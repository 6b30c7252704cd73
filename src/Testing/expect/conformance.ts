import * as Effect from "effect/Effect"
import type { Client, Contract } from "../../Client/index.ts"
import { Arg, type Dialect } from "../../Codec/index.ts"
import { Request, standardRequests } from "../../Interface/index.ts"
import { inform, type Message } from "../../Message/index.ts"
import { type Any as AnySensor, parseDescription, parseReading } from "../../Sensor/index.ts"
import { ExpectationFailed } from "../ExpectationFailed.ts"
import { wireText } from "../wireText.ts"
import { ok } from "./reply.ts"

/**
 * The strictness of the comparison of a device with its contract.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConformanceOptions {
  /** The contract. By default the client's. */
  readonly contract?: Contract<Request.Any, AnySensor> | undefined
  /** `true` to compare the texts for people too. Default `false`: other implementations word them differently. */
  readonly docs?: boolean | undefined
  /** `true` if the device may have more than the contract. Default `false`. */
  readonly extra?: boolean | undefined
}

type Lines = ReadonlyMap<string, string>

/** Compares the expected items with the actual ones, by name. */
const compare = (
  what: string,
  expected: Lines,
  actual: Lines,
  { extra = false }: ConformanceOptions
): Effect.Effect<void, ExpectationFailed> => {
  const names = new Set([...expected.keys(), ...(extra ? [] : actual.keys())])
  const different = [...names].filter((name) => expected.get(name) !== actual.get(name)).sort()
  if (different.length === 0) return Effect.void
  const shown = (lines: Lines, nothing: string) =>
    different.map((name) => lines.get(name) ?? `(${nothing} ${name})`).join("\n")
  return Effect.fail(new ExpectationFailed({ what, expected: shown(expected, "no"), actual: shown(actual, "no") }))
}

/** An inform without its id. */
const line = (name: string, values: ReadonlyArray<string>): string => wireText(inform(name, values))

/** Requests a list, whose reply contains its length. */
const list = <R extends Request.Any, S extends AnySensor>(client: Client<R, S>, name: string) =>
  Effect.tap(ok(client.call(name)), ({ informs, reply }) =>
    reply.text(1) === `${informs.length}`
      ? Effect.void
      : Effect.fail(
          new ExpectationFailed({ what: `?${name}`, expected: `ok ${informs.length}`, actual: wireText(reply) })
        )
  )

/**
 * Expects `?help` to list the requests of the contract, and otherwise only the standard ones (Rev 5.1 §4.1).
 *
 * @category conformance
 * @since 0.1.0
 */
export const help = <R extends Request.Any, S extends AnySensor>(
  client: Client<R, S>,
  options: ConformanceOptions = {}
): Effect.Effect<void, ExpectationFailed> =>
  Effect.flatMap(list(client, "help"), ({ informs }) => {
    const { contract = client.contract, docs = false } = options
    const expected = new Map<string, string>()
    for (const [name, request] of contract.requests)
      if (!request.hidden && (request.requires === undefined || client.protocol.satisfies(request.requires)))
        expected.set(name, line("help", docs ? [name, Request.help(request, "short")] : [name]))
    const actual = new Map<string, string>()
    for (const message of informs) {
      const [name = "", text = ""] = [message.text(0), message.text(1)]
      const request = contract.requests.get(name)
      if (request === undefined ? !standardRequests.has(name) : !request.hidden)
        actual.set(name, line("help", docs ? [name, text] : [name]))
    }
    return compare("?help", expected, actual, options)
  })

/** Returns the inform that describes a sensor, with parameters in this library's form. */
const described = (sensor: AnySensor, docs: boolean, dialect: Dialect.Dialect): string =>
  line("sensor-list", [
    sensor.name,
    docs ? sensor.doc : "...",
    sensor.units,
    dialect.sensorType(sensor.type.sensorType!),
    ...sensor.parameters
  ])

/**
 * Expects `?sensor-list` to describe exactly the sensors of the contract, by units, type and parameters (Rev 5.1 §7.2).
 *
 * @category conformance
 * @since 0.1.0
 */
export const sensorList = <R extends Request.Any, S extends AnySensor>(
  client: Client<R, S>,
  options: ConformanceOptions = {}
): Effect.Effect<void, ExpectationFailed> =>
  Effect.flatMap(list(client, "sensor-list"), ({ informs }) => {
    const { contract = client.contract, docs = false } = options
    const { dialect } = client
    const expected = new Map<string, string>()
    for (const [name, sensor] of contract.sensorTypes) expected.set(name, described(sensor, docs, dialect))
    const actual = new Map<string, string>()
    for (const message of informs) {
      let fault: string | undefined
      const sensor = parseDescription(message, dialect, (detail) => {
        fault = detail
      })
      if (sensor instanceof Arg.Invalid) fault = sensor.message
      actual.set(
        message.text(0) ?? "",
        sensor instanceof Arg.Invalid || fault !== undefined
          ? `${wireText(message)} (${fault})`
          : described(sensor, docs, dialect)
      )
    }
    return compare("?sensor-list", expected, actual, options)
  })

/** Returns the fault of a `#sensor-value` of a sensor. */
const faultOf = (sensor: AnySensor, message: Message | undefined, dialect: Dialect.Dialect): string | undefined => {
  if (message === undefined) return `(no ${sensor.name})`
  const [timestamp, status, value] = [message.bytes(0), message.bytes(3), message.bytes(4)]
  if (timestamp === undefined || status === undefined || value === undefined) return wireText(message)
  const reading = parseReading(sensor, [timestamp, status, value], dialect)
  return reading instanceof Arg.Invalid ? `${wireText(message)} (${reading.message})` : undefined
}

/**
 * Expects `?sensor-value` to return a valid reading for each sensor of the contract (Rev 5.1 §7.2).
 *
 * @category conformance
 * @since 0.1.0
 */
export const sensorValues = <R extends Request.Any, S extends AnySensor>(
  client: Client<R, S>,
  options: Pick<ConformanceOptions, "contract"> = {}
): Effect.Effect<void, ExpectationFailed> =>
  Effect.flatMap(list(client, "sensor-value"), ({ informs }) => {
    const byName = new Map(informs.map((message) => [message.text(2), message]))
    const faults = [...(options.contract ?? client.contract).sensorTypes.values()].flatMap(
      (sensor) => faultOf(sensor, byName.get(sensor.name), client.dialect) ?? []
    )
    if (faults.length === 0) return Effect.void
    const expected = "a reading of its type for each sensor"
    return Effect.fail(new ExpectationFailed({ what: "?sensor-value", expected, actual: faults.join("\n") }))
  })

/**
 * Checks a device against its contract: {@link help}, {@link sensorList} and {@link sensorValues}.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Arg, Interface, Sensor } from "katcp"
 * import { connect, Expect } from "katcp/Testing"
 *
 * class Weather extends Interface.make("weather").add(Sensor.make("wind", { type: Arg.Float, units: "m/s" })) {}
 *
 * const test = Effect.gen(function* () {
 *   const { client } = yield* connect(Weather, Weather.toLayer({}))
 *   yield* Expect.conforms(client)
 * })
 * await Effect.runPromise(Effect.scoped(test))
 * ```
 *
 * @category conformance
 * @since 0.1.0
 */
export const conforms = <R extends Request.Any, S extends AnySensor>(
  client: Client<R, S>,
  options?: ConformanceOptions
): Effect.Effect<void, ExpectationFailed> =>
  Effect.all([help(client, options), sensorList(client, options), sensorValues(client, options)], { discard: true })
