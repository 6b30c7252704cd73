/** What a device says of its sensors and requests: `?sensor-list` and `?help` (Rev 5.1 §4.1, §7.2). */
import * as Effect from "effect/Effect"
import { Arg, type ParsedMessage } from "../../Codec/index.ts"
import { type KatcpError, MalformedReply, type Message } from "../../Message/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import type { Reading } from "../Answer.ts"
import type { Callable, Calls } from "../Calls.ts"
import type { Connection } from "../Connection.ts"
import type { Core } from "../Core.ts"

/** What an inform describes; `fault` where it makes no sense as it stands. */
interface Described<A> {
  readonly name: string
  readonly value: A
  readonly fault: string | undefined
}

/** All that a request has described, by name. */
export type Listing<A> = ReadonlyMap<string, A>

interface Listed<A> {
  readonly informs: ReadonlyArray<Described<A>>
  /** The number that the reply says; undefined where it says none. */
  readonly count: number | undefined
}

const listing = <A>(
  name: string,
  inform: Reading<Described<A>, number | undefined, Listed<A>>["inform"]
): Callable<Described<A>, number | undefined, Listed<A>> => ({
  name,
  values: (args) => args as ReadonlyArray<string>,
  timeout: undefined,
  reading: {
    inform,
    reply: (message) => {
      const count = Number(message.text(1) ?? Number.NaN)
      return Number.isInteger(count) ? count : undefined
    },
    result: (count, informs) => ({ count, informs }),
    checked: true
  }
})

const sensorList = listing<Sensor.Any>("sensor-list", (message, dialect) => {
  const value = Sensor.parseDescription(message, dialect)
  const name = message.text(0) ?? ""
  if (!(value instanceof Arg.Invalid)) return { name, value, fault: undefined }
  return { name, value: asText(message, name), fault: value.message }
})

/** A sensor whose description makes no sense: its values are taken as they stand. */
const asText = (message: Message, name: string): Sensor.Any =>
  Sensor.remote(name, { doc: message.text(1) ?? "", units: message.text(2) ?? "", type: Arg.Text })

const help = listing<string>("help", (message: ParsedMessage) => ({
  name: message.text(0) ?? "",
  value: message.text(1) ?? "",
  fault: undefined
}))

/** Asks a device of itself. A name of its own that the device does not know gives nothing; other failures fail. */
export class Inspection {
  private readonly core: Core
  private readonly calls: Calls

  constructor(core: Core, calls: Calls) {
    this.core = core
    this.calls = calls
  }

  /** The sensors of the device, or the one of that name. */
  sensors(connection: Connection, name?: string): Effect.Effect<Listing<Sensor.Any>, KatcpError> {
    return this.ask(connection, sensorList, name)
  }

  /** The requests of the device with their help, or the one of that name. */
  requests(connection: Connection, name?: string): Effect.Effect<Listing<string>, KatcpError> {
    return this.ask(connection, help, name)
  }

  private ask<A>(
    connection: Connection,
    callable: Callable<Described<A>, number | undefined, Listed<A>>,
    name: string | undefined
  ): Effect.Effect<Listing<A>, KatcpError> {
    const { options } = this.core
    return Effect.matchEffect(
      this.calls.on(connection, callable, name === undefined ? [] : [name], { timeout: options.syncTimeout }),
      {
        onSuccess: ({ count, informs }) => {
          // what is missing would be taken for removed
          if (count !== undefined && count > informs.length)
            return this.malformed(callable.name, `${informs.length} informs, and a reply that counts ${count}`)
          const all = new Map<string, A>()
          for (const { fault, name, value } of informs) {
            if (fault !== undefined) this.core.oddities.add({ _tag: "BadDescription", sensor: name, detail: fault })
            all.set(name, value)
          }
          return Effect.succeed(all)
        },
        onFailure: (error) => {
          if (error._tag === "KatcpError") return Effect.fail(error)
          if (name !== undefined) return Effect.succeed(new Map<string, A>())
          return this.malformed(callable.name, `it is refused: ${error.message}`)
        }
      }
    )
  }

  private malformed(request: string, detail: string): Effect.Effect<never, KatcpError> {
    return Effect.fail(this.core.notSent(request, new MalformedReply({ detail })))
  }
}

/** Whether two descriptions of a sensor say the same. */
export const sameDescription = (one: Sensor.Any, other: Sensor.Any): boolean =>
  one.type.sensorType === other.type.sensorType &&
  one.doc === other.doc &&
  one.units === other.units &&
  one.parameters.length === other.parameters.length &&
  one.parameters.every((parameter, index) => parameter === other.parameters[index])
