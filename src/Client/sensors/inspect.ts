/** Requests the sensors and requests of a device: `?sensor-list` and `?help` (Rev 5.1 §4.1, §7.2). */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Arg, type Dialect, type ParsedMessage } from "../../Codec/index.ts"
import { type KatcpError, MalformedReply, type Message } from "../../Message/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import type { Core } from "../Core.ts"
import type { Connection } from "../connection/Connection.ts"
import type { Callable, Calls } from "../requests/Calls.ts"
import type { Start } from "./atOnce.ts"
import { concurrencyOf } from "./concurrency.ts"

/** Takes the items of a list in slices, while further ones arrive. The last ones are in no slice. */
export interface Slices<A> {
  /** The number of items of a slice. */
  readonly size: number
  readonly take: (slice: ReadonlyArray<A>) => void
  /** Called with the name of an item that is described again, whether or not it was in a slice. */
  readonly again: (name: string) => void
}

/** The described items of a request, by name. */
class Listing<A> {
  readonly byName = new Map<string, A>()
  private readonly slices: Slices<A> | undefined
  private slice: Array<A> = []
  /** The number of informs. */
  heard = 0
  /** The malformed informs. */
  readonly faults: Array<{ readonly name: string; readonly detail: string }> = []
  /** The inform that is being read. */
  reading: ParsedMessage | undefined = undefined

  constructor(slices: Slices<A> | undefined) {
    this.slices = slices
  }

  add(name: string, value: A): void {
    const { byName, slices } = this
    const before = byName.size
    if (byName.set(name, value).size === before) {
      this.fault(name, "it is listed twice, and the second description counts")
      slices?.again(name)
    } else if (slices !== undefined && this.slice.push(value) >= slices.size) {
      const { slice } = this
      this.slice = []
      slices.take(slice)
    }
  }

  fault(name: string, detail: string): void {
    this.faults.push({ name, detail })
  }

  /** Records a fault of the inform that is being read. One function for all informs: 10,000 would be 1 MB. */
  readonly anomaly = (detail: string): void => this.fault(this.reading!.text(0)!, detail)
}

/** A complete listing, after its reply. */
interface Listed<A> {
  readonly listing: Listing<A>
  /** The number of informs received, and the number in the reply; `undefined` if the reply has no number. */
  readonly heard: number
  readonly count: number | bigint | undefined
}

/** A request that lists all items of one kind. */
interface Lister<A> {
  readonly name: string
  /** Adds the item of an inform, while the inform is valid. */
  readonly inform: (message: ParsedMessage, dialect: Dialect.Dialect, listing: Listing<A>) => void
}

const sensorList: Lister<Sensor.Any> = {
  name: "sensor-list",
  inform: (message, dialect, listing) => {
    const sensor = Sensor.parseDescription(message, dialect, listing.anomaly)
    if (!(sensor instanceof Arg.Invalid)) return listing.add(sensor.name, sensor)
    const name = message.text(0)
    listing.fault(name ?? "", sensor.message)
    if (name !== undefined) listing.add(name, asText(message, name))
  }
}

/** Returns a sensor of text for a malformed description: its values are kept unchanged. */
const asText = (message: Message, name: string): Sensor.Any =>
  Sensor.remote(name, { doc: message.text(1) ?? "", units: message.text(2) ?? "", type: Arg.Text })

const help: Lister<string> = {
  name: "help",
  inform: (message, _, listing) => {
    const name = message.text(0)
    if (name === undefined) listing.fault("", "an inform of ?help without a name")
    else listing.add(name, message.text(1) ?? "")
  }
}

const values = (args: unknown) => args as ReadonlyArray<string>
const countOf = (message: ParsedMessage, dialect: Dialect.Dialect) =>
  message.length < 2 ? undefined : message.decode(1, Arg.Int, dialect)

/** Returns one request of a lister, with its own listing. */
const listingOf = <A>(
  { inform, name }: Lister<A>,
  slices?: Slices<A>
): Callable<undefined, number | bigint | undefined, Listed<A>> => {
  const listing = new Listing<A>(slices)
  return {
    name,
    values,
    timeout: undefined,
    decoder: {
      inform: (message, dialect) => {
        listing.heard++
        listing.reading = message
        inform(message, dialect, listing)
        listing.reading = undefined
        return undefined
      },
      reply: countOf,
      result: (count) => ({ listing, heard: listing.heard, count }),
      checked: true
    }
  }
}

/**
 * Returns the request for the description of one sensor. A sensor without a description has values of text. Counts
 * anomalies.
 */
export const descriptionOf = (
  name: string,
  anomalies: Core["anomalies"]
): Callable<Sensor.Any, number | bigint | undefined, Sensor.Any> => ({
  name: sensorList.name,
  values,
  timeout: undefined,
  decoder: {
    inform: (message, dialect) => {
      const bad = (detail: string) => anomalies.add({ _tag: "BadDescription", sensor: message.text(0) ?? "", detail })
      const sensor = Sensor.parseDescription(message, dialect, bad)
      if (!(sensor instanceof Arg.Invalid)) return sensor
      bad(sensor.message)
      return asText(message, message.text(0) ?? "")
    },
    reply: countOf,
    result: (_, sensors) => sensors.find((sensor) => sensor.name === name) ?? Sensor.remote(name, { type: Arg.Text }),
    checked: true
  }
})

/** The words of devices for an unknown name: "Unknown sensor", "request x is not known". */
const unknown = /unknown|not known|no such|not found|not exist/i

/** Requests the items of one kind from a device. */
export class Inspection<A> {
  private readonly core: Core
  private readonly calls: Calls
  private readonly lister: Lister<A>

  private constructor(core: Core, calls: Calls, lister: Lister<A>) {
    this.core = core
    this.calls = calls
    this.lister = lister
  }

  /** Returns an inspection of the sensors. */
  static sensors(core: Core, calls: Calls): Inspection<Sensor.Any> {
    return new Inspection(core, calls, sensorList)
  }

  /** Returns an inspection of the requests, with their help. */
  static requests(core: Core, calls: Calls): Inspection<string> {
    return new Inspection(core, calls, help)
  }

  /** Requests all items. With `slices`, these get them while they arrive, too. */
  all(connection: Connection, slices?: Slices<A>): Start<Map<string, A>, KatcpError> {
    const { calls, core, lister } = this
    return (done) =>
      calls.askOn(connection, listingOf(lister, slices), [], { timeout: core.options.syncTimeout }, (exit) => {
        if (exit._tag === "Success") return done(this.checked(exit.value))
        const error = exit.cause.reasons.find(Cause.isFailReason)?.error
        if (error === undefined || error._tag === "KatcpError") done(exit as Exit.Exit<never, KatcpError>)
        else done(this.malformed(`it is refused: ${error.message}`))
      })
  }

  /**
   * Requests some items, one request each. Calls a function with each item, or `undefined` if the device does not have
   * it. If a refusal is ambiguous, the whole list decides.
   */
  some(
    connection: Connection,
    names: Iterable<string>,
    take: (name: string, value: A | undefined) => void
  ): Effect.Effect<void, KatcpError> {
    return Effect.flatMap(Effect.cached(Effect.callback(this.all(connection))), (all) => {
      const one = (name: string) =>
        Effect.matchEffect(this.ask(connection, name), {
          onSuccess: (listed) => this.checked(listed),
          onFailure: (error) => {
            if (error._tag === "KatcpError") return Effect.fail(error)
            return unknown.test(error.message) ? Effect.succeed(new Map<string, A>()) : all
          }
        }).pipe(Effect.map((byName) => take(name, byName.get(name))))
      return Effect.forEach(names, one, { concurrency: concurrencyOf(connection), discard: true })
    })
  }

  private ask(connection: Connection, name: string) {
    return Effect.suspend(() =>
      this.calls.gatherOn(connection, listingOf(this.lister), [name], { timeout: this.core.options.syncTimeout })
    )
  }

  private checked({ count, heard, listing }: Listed<A>): Exit.Exit<Map<string, A>, KatcpError> {
    // a missing item would look like a removed one
    if (count !== undefined && count > heard)
      return this.malformed(`${heard} informs, and a reply that counts ${count}`)
    for (const { detail, name } of listing.faults)
      this.core.anomalies.add({ _tag: "BadDescription", sensor: name, detail })
    return Exit.succeed(listing.byName)
  }

  private malformed(detail: string): Exit.Exit<never, KatcpError> {
    return Exit.fail(this.core.notSent(this.lister.name, new MalformedReply({ detail })))
  }
}
