/** Reads the contract of a running device from its own lists. */
import * as Effect from "effect/Effect"
import { Arg, Dialect } from "../../Codec/index.ts"
import {
  type ContractDescription,
  requestFromHelp,
  type SensorDescription,
  sensorFromList,
  standardRequests
} from "../../Interface/index.ts"
import {
  isName,
  KatcpError,
  MalformedReply,
  type Message,
  type RequestFailed,
  type RequestInvalid
} from "../../Message/index.ts"
import type { Client } from "../Client.ts"

/**
 * Options of reading the contract of a device.
 *
 * @category models
 * @since 0.1.0
 */
export interface ImportOptions {
  /** The name of the contract. By default the device's version without its number: `antenna` of `antenna-1.0`. */
  readonly id?: string | undefined
  /**
   * `full` (default): requests the whole help text of each request, several at a time. `short`: uses the texts in the
   * list of `?help`. Many devices list only the first lines.
   */
  readonly help?: "full" | "short" | undefined
  /**
   * The handling of answers that contradict themselves: another number of informs than in the reply, a duplicate name,
   * an inform without its arguments. `fail` (default) fails with `MalformedReply`; `note` records them and continues
   * with the rest.
   */
  readonly faults?: "fail" | "note" | undefined
  /** The largest number of requests, and of sensors. The import fails with more. Default 100000. */
  readonly maxItems?: number | undefined
}

/**
 * Requests whose help is requested at a time, if the device has ids. Not measured: enough to hide the round trips, and
 * 16 times fewer than a server of this library accepts.
 */
const atOnce = 16

type Device = Pick<Client<never, never>, "call" | "protocol" | "versions">
type Version = NonNullable<ContractDescription["device"]>["versions"][number]

/** The parts that all steps of an import share. */
interface Context {
  readonly device: Device
  readonly dialect: Dialect.Dialect
  readonly options: ImportOptions
  /** The recorded faults. */
  readonly notes: Array<string>
}

const malformed = (request: string, detail: string): Effect.Effect<never, KatcpError> =>
  Effect.fail(new KatcpError({ reason: new MalformedReply({ detail }), request }))

/** Fails for an answer that contradicts itself, or records it. */
const fault = ({ notes, options }: Context, request: string, detail: string): Effect.Effect<void, KatcpError> => {
  if (options.faults !== "note") return malformed(request, detail)
  notes.push(`?${request}: ${detail}`)
  return Effect.void
}

/** Makes a request. Returns its informs, by the names in them. */
const listing = Effect.fnUntraced(function* (context: Context, request: string) {
  const { informs, reply } = yield* context.device.call(request)
  const limit = context.options.maxItems ?? 100_000
  if (informs.length > limit) return yield* malformed(request, `${informs.length} informs, more than ${limit}`)
  const count = reply.text(1)
  if (count !== `${informs.length}`)
    yield* fault(context, request, `${informs.length} informs, but the reply says ${count ?? "no number"}`)
  const all = new Map<string, Message>()
  for (const inform of informs) {
    const bytes = inform.bytes(0)
    if (bytes === undefined) {
      yield* fault(context, request, "an inform without arguments")
      continue
    }
    const name = Arg.Text.decode(bytes, 0, bytes.length, context.dialect)
    if (name instanceof Arg.Invalid) yield* fault(context, request, `a name: ${name.message}`)
    else if (all.has(name)) yield* fault(context, request, `${name} is listed twice`)
    else all.set(name, inform)
  }
  return all
})

/** Requests the timeout hints. Returns them in seconds, or an empty map if the device has no hints. */
const hintsOf = Effect.fnUntraced(function* (context: Context) {
  const request = "request-timeout-hint"
  const hints = new Map<string, number>()
  if (!context.device.protocol.timeoutHints) return hints
  for (const [name, inform] of yield* listing(context, request)) {
    const bytes = inform.bytes(1) ?? new Uint8Array(0)
    const seconds = Arg.Float.decode(bytes, 0, bytes.length, context.dialect)
    if (seconds instanceof Arg.Invalid) yield* fault(context, request, `the hint of ${name}: ${seconds.message}`)
    else if (!(seconds >= 0 && seconds < Number.POSITIVE_INFINITY))
      yield* fault(context, request, `the hint of ${name} is ${seconds}`)
    // zero means that there is no hint (Rev 5.1 §5.2)
    else if (seconds > 0) hints.set(name, seconds)
  }
  return hints
})

/** Requests the whole help text of a request. Returns the listed one if the device does not send it. */
const fullHelp = Effect.fnUntraced(function* (context: Context, name: string, listed: string) {
  const answer = yield* context.device.call("help", [name]).pipe(
    Effect.catchTags({
      RequestFailed: ({ message }) => Effect.succeed(message),
      RequestInvalid: ({ message }) => Effect.succeed(message)
    })
  )
  const text =
    typeof answer === "string" ? undefined : answer.informs.find((inform) => inform.text(0) === name)?.text(1)
  if (text === undefined)
    context.notes.push(
      `?help ${name}: ${typeof answer === "string" ? answer : "its help is missing"}; the short one is kept`
    )
  return text ?? listed
})

/** Requests the requests. Standard requests are returned by name only. */
const requestsOf = Effect.fnUntraced(function* (context: Context) {
  const { device, options } = context
  const helps: Array<readonly [name: string, help: string]> = []
  const standard: Array<string> = []
  for (const [name, inform] of yield* listing(context, "help")) {
    const text = inform.text(1)
    if (!isName(name)) yield* fault(context, "help", `${JSON.stringify(name)} is not a request name`)
    else if (standardRequests.has(name)) standard.push(name)
    else {
      if (text === undefined) yield* fault(context, "help", `${name} has no help text`)
      helps.push([name, text ?? ""])
    }
  }
  const hints = yield* hintsOf(context)
  const requests = yield* Effect.forEach(
    helps,
    ([name, listed]) =>
      Effect.map(options.help === "short" ? Effect.succeed(listed) : fullHelp(context, name, listed), (help) => {
        const timeoutHint = hints.get(name)
        const request = requestFromHelp(name, help)
        return timeoutHint === undefined ? request : { ...request, timeoutHint }
      }),
    // without ids, only their order distinguishes answers
    { concurrency: device.protocol.messageIds ? atOnce : 1 }
  )
  return { requests, standard }
})

const sensorsOf = Effect.fnUntraced(function* (context: Context) {
  const sensors: Array<SensorDescription> = []
  for (const inform of (yield* listing(context, "sensor-list")).values()) {
    const found = sensorFromList(inform, context.dialect)
    if (found instanceof Arg.Invalid) yield* fault(context, "sensor-list", found.message)
    else {
      sensors.push(found.sensor)
      for (const note of found.notes) context.notes.push(note)
    }
  }
  return sensors
})

/** Returns the versions that the device announced on connecting. */
const toldVersions = ({ versions }: Device): ReadonlyArray<Version> =>
  Array.from(versions, ([name, { build, version }]) => ({ name, version, ...(build === undefined ? {} : { build }) }))

/** Requests the versions of the device's components. Version 4 has no list of them. */
const versionsOf = Effect.fnUntraced(function* (context: Context) {
  const { device, dialect, notes } = context
  if (!dialect.versionConnect) {
    const version = device.versions.get("version")?.version
    const build = device.versions.get("build-state")?.version
    return version === undefined ? [] : [{ name: "katcp-device", version, ...(build === undefined ? {} : { build }) }]
  }
  const listed = yield* listing(context, "version-list").pipe(
    Effect.catchTags({
      RequestFailed: ({ message }) => Effect.succeed(message),
      RequestInvalid: ({ message }) => Effect.succeed(message)
    })
  )
  if (typeof listed === "string") {
    notes.push(`?version-list: ${listed}; the versions announced on connecting are kept`)
    return toldVersions(device)
  }
  return Array.from(listed, ([name, inform]): Version => {
    const build = inform.text(2)
    return { name, version: inform.text(1) ?? "", ...(build === undefined ? {} : { build }) }
  })
})

/** Versions that have their own place in a description. */
const notComponents = ["katcp-protocol", "katcp-device"]

/**
 * Returns the contract of a running device as a description. Requests `?help`, `?request-timeout-hint` (with flag T),
 * `?sensor-list` and `?version-list` (Rev 5.1 §4.1, §5, §7.2). The device's requests become raw ones, because help
 * texts are for people; their parameters are kept as the synopsis. The part `device` lists the standard requests, the
 * versions of components, and notes on malformed answers: sensors of unknown type are kept as opaque strings, and
 * malformed limits are left out.
 *
 * Fails as requests do, and with `KatcpError` and `MalformedReply` if an answer contradicts itself (see {@link
 * ImportOptions}). It may take as long as all its requests; `Effect.timeout` bounds the whole. Changes of the device
 * during the import may or may not be included.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Client, Interface, Request } from "katcp"
 *
 * class Dish extends Interface.make("dish").add(Request.make("stow", { doc: "Stow." })) {}
 *
 * // what is to break, breaks at once
 * export const connect = Effect.gen(function* () {
 *   const dish = yield* Client.make(Dish)
 *   const changes = Interface.check(Dish, yield* Client.importContract(dish, { help: "short" }))
 *   yield* Effect.logWarning(Interface.formatChanges(changes.filter(Interface.isBreaking)))
 *   return dish
 * })
 * ```
 *
 * @category contracts
 * @since 0.1.0
 */
export const importContract = (
  client: Pick<Client<never, never>, "call" | "protocol" | "versions">,
  options: ImportOptions = {}
): Effect.Effect<ContractDescription, RequestFailed | RequestInvalid | KatcpError> =>
  Effect.gen(function* () {
    const { protocol } = client
    const context: Context = { device: client, dialect: Dialect.of(protocol), options, notes: [] }
    const { requests, standard } = yield* requestsOf(context)
    const sensors = yield* sensorsOf(context)
    const versions = yield* versionsOf(context)
    const device = versions.find(({ name }) => name === "katcp-device")
    if (device === undefined) context.notes.push("the device does not announce the name and version of its contract")
    const version = device?.version ?? "unknown"
    return {
      format: "katcp-contract-1",
      id: options.id ?? (version.replace(/-\d[^-]*$/, "") || "device"),
      version,
      build: device?.build ?? version,
      protocol: protocol.toString(),
      requests,
      sensors,
      device: {
        versions: versions.filter(({ name }) => !notComponents.includes(name)),
        standard,
        notes: context.notes
      }
    }
  })
