/** What a device says of its sensors and requests: `?sensor-list` and `?help` (Rev 5.1 §4.1, §7.2). */
import * as Effect from "effect/Effect"
import { Arg, type Dialect, type ParsedMessage } from "../../Codec/index.ts"
import { type KatcpError, MalformedReply, type Message } from "../../Message/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import type { Callable, Calls } from "../Calls.ts"
import type { Connection } from "../Connection.ts"
import type { Core } from "../Core.ts"
import { concurrencyOf } from "./concurrency.ts"

/** What an inform describes; `fault` where it makes no sense as it stands. */
interface Described<A> {
  readonly name: string | undefined
  readonly value: A
  readonly fault: string | undefined
}

/** All that a request has described, by name. */
export type Listing<A> = Map<string, A>

interface Listed<A> {
  readonly informs: ReadonlyArray<Described<A>>
  /** The number that the reply says; undefined where it says none. */
  readonly count: number | bigint | undefined
}

type Lister<A> = Callable<Described<A>, number | bigint | undefined, Listed<A>>

const listing = <A>(
  name: string,
  inform: (message: ParsedMessage, dialect: Dialect.Dialect) => Described<A>
): Lister<A> => ({
  name,
  values: (args) => args as ReadonlyArray<string>,
  timeout: undefined,
  reading: {
    inform,
    reply: (message, dialect) => (message.length < 2 ? undefined : message.decode(1, Arg.Int, dialect)),
    result: (count, informs) => ({ count, informs }),
    checked: true
  }
})

const sensorList = listing<Sensor.Any>("sensor-list", (message, dialect) => {
  const value = Sensor.parseDescription(message, dialect)
  const name = message.text(0)
  if (!(value instanceof Arg.Invalid)) return { name, value, fault: undefined }
  return { name, value: asText(message, name ?? ""), fault: value.message }
})

/** A sensor whose description makes no sense: its values are taken as they stand. */
const asText = (message: Message, name: string): Sensor.Any =>
  Sensor.remote(name, { doc: message.text(1) ?? "", units: message.text(2) ?? "", type: Arg.Text })

/** The request that describes one sensor. A value of one that nothing is said of is text. */
export const descriptionOf = (
  name: string
): Callable<Described<Sensor.Any>, number | bigint | undefined, Sensor.Any> => ({
  ...sensorList,
  reading: {
    ...sensorList.reading,
    result: (_, informs) =>
      informs.find((described) => described.name === name)?.value ?? Sensor.remote(name, { type: Arg.Text })
  }
})

const help = listing<string>("help", (message) => {
  const name = message.text(0)
  return {
    name,
    value: message.text(1) ?? "",
    fault: name === undefined ? "an inform of ?help without a name" : undefined
  }
})

/** What devices say of a name that they do not know: "Unknown sensor", "request x is not known". */
const unknown = /unknown|not known|no such|not found|not exist/i

/** Asks a device for what it has of one kind. */
export class Inspection<A> {
  private readonly core: Core
  private readonly calls: Calls
  private readonly lister: Lister<A>

  private constructor(core: Core, calls: Calls, lister: Lister<A>) {
    this.core = core
    this.calls = calls
    this.lister = lister
  }

  /** Of its sensors. */
  static sensors(core: Core, calls: Calls): Inspection<Sensor.Any> {
    return new Inspection(core, calls, sensorList)
  }

  /** Of its requests, with their help. */
  static requests(core: Core, calls: Calls): Inspection<string> {
    return new Inspection(core, calls, help)
  }

  /** All of them. */
  all(connection: Connection): Effect.Effect<Listing<A>, KatcpError> {
    return Effect.matchEffect(this.ask(connection), {
      onSuccess: (listed) => this.listing(listed),
      onFailure: (error) =>
        error._tag === "KatcpError" ? Effect.fail(error) : this.malformed(`it is refused: ${error.message}`)
    })
  }

  /**
   * Those of some names, by a request each; gives each to a function, undefined where the device has none of that name.
   * Whether a refusal means that, its words may leave open; the whole list then says it.
   */
  some(
    connection: Connection,
    names: Iterable<string>,
    take: (name: string, value: A | undefined) => void
  ): Effect.Effect<void, KatcpError> {
    return Effect.flatMap(Effect.cached(this.all(connection)), (all) => {
      const one = (name: string) =>
        Effect.matchEffect(this.ask(connection, name), {
          onSuccess: (listed) => this.listing(listed),
          onFailure: (error) => {
            if (error._tag === "KatcpError") return Effect.fail(error)
            return unknown.test(error.message) ? Effect.succeed(new Map<string, A>()) : all
          }
        }).pipe(Effect.map((listing) => take(name, listing.get(name))))
      return Effect.forEach(names, one, { concurrency: concurrencyOf(connection), discard: true })
    })
  }

  private ask(connection: Connection, ...name: ReadonlyArray<string>) {
    return this.calls.on(connection, this.lister, name, { timeout: this.core.options.syncTimeout })
  }

  private listing({ count, informs }: Listed<A>): Effect.Effect<Listing<A>, KatcpError> {
    // what is missing would be taken for removed
    if (count !== undefined && count > informs.length)
      return this.malformed(`${informs.length} informs, and a reply that counts ${count}`)
    const all = new Map<string, A>()
    for (const { fault, name, value } of informs) {
      if (fault !== undefined) this.odd(name ?? "", fault)
      if (name === undefined) continue
      const before = all.size
      if (all.set(name, value).size === before) this.odd(name, "it stands twice in one list, and the second counts")
    }
    return Effect.succeed(all)
  }

  private odd(name: string, detail: string): void {
    this.core.oddities.add({ _tag: "BadDescription", sensor: name, detail })
  }

  private malformed(detail: string): Effect.Effect<never, KatcpError> {
    return Effect.fail(this.core.notSent(this.lister.name, new MalformedReply({ detail })))
  }
}

/** Whether two descriptions of a sensor say the same. */
export const sameDescription = (one: Sensor.Any, other: Sensor.Any): boolean =>
  one.type.sensorType === other.type.sensorType &&
  one.doc === other.doc &&
  one.units === other.units &&
  one.parameters.length === other.parameters.length &&
  one.parameters.every((parameter, index) => parameter === other.parameters[index])
