/** The frames that a page sends. */
import * as Schema from "effect/Schema"
import { LiveText } from "./text.ts"

/** The number of a subscription or a request of a page. Given by 32-bit integers, which all languages have. */
const largestId = 2_147_483_647

const Id = Schema.Int.check(
  Schema.isBetween(
    { minimum: 0, maximum: largestId },
    { message: `expected a whole number from 0 to ${largestId}`, expected: `a whole number from 0 to ${largestId}` }
  )
)

/**
 * Subscribes to sensors. The same number again replaces the subscription. A target is `device/sensor`, with `*` for any
 * text and `?` for any one character; a device alone, which means all its sensors; or a regular expression over
 * `device/sensor`, which begins with `/`. Sensors that are added later count, too.
 *
 * @category frames
 * @since 0.1.0
 */
export const Subscribe = Schema.Struct({
  sub: Id,
  targets: Schema.Array(Schema.String),
  /** The largest number of frames with its readings per second. Default `defaultMaxHz`. */
  maxHz: Schema.optionalKey(Schema.Finite)
})

/**
 * Ends a subscription. `gone` then has the sensors without another subscription.
 *
 * @category frames
 * @since 0.1.0
 */
export const Unsubscribe = Schema.Struct({ unsub: Id })

/**
 * Acknowledges that the data frame of this number was painted: the next one can be sent.
 *
 * @category frames
 * @since 0.1.0
 */
export const Acknowledge = Schema.Struct({ ack: Schema.Int })

/**
 * Makes a request of a device, if the gateway's allow list and the role permit it. Informs and one reply come back under the
 * same number.
 *
 * @category frames
 * @since 0.1.0
 */
export const Call = Schema.Struct({
  call: Id,
  device: Schema.String,
  request: Schema.String,
  args: Schema.optionalKey(Schema.Array(LiveText)),
  /** The longest wait for the reply, in seconds. Default: the timeout hint of the device, or 5 seconds. */
  timeout: Schema.optionalKey(Schema.Finite)
})

/**
 * Stops waiting for the reply to a request. The device may continue it.
 *
 * @category frames
 * @since 0.1.0
 */
export const Cancel = Schema.Struct({ cancel: Id })

/**
 * Requests the log records of the devices at this level and above; `off` ends it.
 *
 * @category frames
 * @since 0.1.0
 */
export const FollowLogs = Schema.Struct({
  logs: Schema.Literals(["off", "fatal", "error", "warn", "info", "debug", "trace", "all"])
})

/**
 * The frames that a page sends, by their first key.
 *
 * @category frames
 * @since 0.1.0
 */
export const pageFrames = {
  sub: Subscribe,
  unsub: Unsubscribe,
  ack: Acknowledge,
  call: Call,
  cancel: Cancel,
  logs: FollowLogs
}

/**
 * A frame that a page sends.
 *
 * @category frames
 * @since 0.1.0
 */
export type PageFrame = {
  readonly [Kind in keyof typeof pageFrames]: (typeof pageFrames)[Kind]["Type"]
}[keyof typeof pageFrames]
