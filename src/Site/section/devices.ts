/** The section `devices` of a site file. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Arg } from "../../Codec/index.ts"
import { errorText, Protocol } from "../../Message/index.ts"
import { Strategy } from "../../Sampling/index.ts"
import * as DeviceAddress from "../DeviceAddress.ts"
import { namesOf } from "../Pattern.ts"
import { PositiveSpan, Span } from "./duration.ts"
import { Version } from "./version.ts"

const Address = Schema.String.check(
  Schema.makeFilter(
    (text: string) => {
      const address = DeviceAddress.parse(text)
      return Result.isSuccess(address) || address.failure.message
    },
    { description: "HOST:PORT, katcp://, katcps://, ws://, wss:// or unix:/path. The default port is 7147." }
  )
)

const StrategyText = Schema.String.check(
  Schema.makeFilter(
    (text: string) => {
      const strategy = Strategy.fromText(text)
      return !(strategy instanceof Arg.Invalid) || `${JSON.stringify(text)} is not a strategy: ${strategy.message}`
    },
    { description: "As in ?sensor-sampling, with times in seconds: auto, event, period 1, event-rate 0.1 5, none." }
  )
)

const Match = Schema.String.check(
  Schema.makeFilter(
    (text: string) => {
      if (text === "") return "expected a name, a glob (rx.*) or a regular expression (/temp/)"
      try {
        namesOf(text)
        return true
      } catch (error) {
        return errorText(error)
      }
    },
    { description: "Sensors of this device: a name, a glob (rx.*) or a regular expression (/temp/)." }
  )
)

const Rule = Schema.Struct({
  match: Match,
  strategy: Schema.optional(StrategyText)
})

const Device = Schema.Struct({
  address: Address,
  description: Schema.optional(Schema.String.annotate({ description: "What the device is, for people." })),
  contract: Schema.optional(
    Schema.String.annotate({
      description:
        "A file with the contract of the device (Interface.describe), relative to this file: types of arguments and roles of requests."
    })
  ),
  protocol: Schema.optional(
    Version(
      (text) => Protocol.parse(text)._tag === "Some",
      "5.1-BIMT or 4.0",
      "The protocol of the device, if it does not announce it itself: 5.1-BIMT or 4.0."
    )
  ),
  timeout: Schema.optional(PositiveSpan.annotate({ description: "The longest time of each request." })),
  alive: Schema.optional(
    Span.annotate({ description: "The time of silence after which the client sends ?watchdog; 0: never." })
  ),
  reconnectMax: Schema.optional(PositiveSpan.annotate({ description: "The longest wait before connecting again." })),
  sensors: Schema.optional(
    Schema.Array(Schema.Union([Match, Rule])).annotate({
      description: "The mirrored sensors and their strategies: the first matching rule decides. Default: all."
    })
  ),
  tls: Schema.optional(
    Schema.Struct({
      ca: Schema.optional(Schema.String),
      cert: Schema.optional(Schema.String),
      key: Schema.optional(Schema.String),
      serverName: Schema.optional(Schema.String)
    }).annotate({
      description:
        "For katcps:// and wss://: files in PEM, relative to this file, and the name that the certificate is for."
    })
  )
})

/**
 * The Schema of one device of a site file: its address, or an object with it.
 *
 * @category sections
 * @since 0.1.0
 */
export const DeviceSection = Schema.Union([Address, Device])

/**
 * The Schema of the section `devices`: the devices by name.
 *
 * @category sections
 * @since 0.1.0
 */
export const DevicesSection = Schema.Record(
  Schema.String.check(
    Schema.isPattern(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, {
      description: "the name of a device must be a letter, then letters, digits and -, at most 64 in all"
    })
  ),
  DeviceSection
).annotate({ description: "The devices by name: a letter, then letters, digits and -." })

/**
 * One device of a site file.
 *
 * @category sections
 * @since 0.1.0
 */
export type DeviceSection = typeof DeviceSection.Type

/**
 * The section `devices` of a site file.
 *
 * @category sections
 * @since 0.1.0
 */
export type DevicesSection = typeof DevicesSection.Type
