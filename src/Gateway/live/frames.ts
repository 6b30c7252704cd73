/**
 * The frames of the WebSocket for pages, `GET /api/live`: text frames of JSON, one object each. The key that comes first
 * says what a frame is.
 *
 * A page subscribes by targets. The gateway tells of each sensor once (`meta`), then sends numbers (`d`). The page
 * acknowledges a data frame when it has painted it; until then the gateway sends no other, and only remembers which
 * sensors changed. A page that is slow, or hidden, skips to the newest readings.
 *
 * The index of a sensor is a number of the gateway: it means the same sensor on every connection with the same `epoch`,
 * and is never used again. A sensor whose definition changes comes under a new index.
 *
 * This file holds Schemas and types alone, and nothing of Node, so a page may import the types.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

// ------------------------------------------------------------------ limits

/**
 * The limits of one WebSocket. `hello` tells them to the page.
 *
 * @category models
 * @since 0.1.0
 */
export interface LiveLimits {
  /** Bytes of a frame that a page sends. A longer one is refused in words. */
  readonly frameBytes: number
  /** Subscriptions of one socket. */
  readonly subscriptions: number
  /** Targets of all subscriptions of one socket together. */
  readonly targets: number
  /** Those among the targets that are globs or regular expressions. */
  readonly patterns: number
  /** Characters of one target. */
  readonly targetLength: number
  /** The largest `maxHz` of a subscription. */
  readonly maxHz: number
  /** Requests of one socket that are in flight. */
  readonly calls: number
}

/**
 * The limits of one WebSocket, unless the options say otherwise.
 *
 * @category constants
 * @since 0.1.0
 */
export const liveLimits: LiveLimits = {
  // given by the requirement: PVWS had 8 kB, and its users patch their server for more
  frameBytes: 1_048_576,
  subscriptions: 100,
  // as many names of 100 characters as a frame holds
  targets: 10_000,
  patterns: 100,
  targetLength: 512,
  maxHz: 50,
  calls: 32
}

/**
 * The `maxHz` of a subscription that does not say any. Not measured: ten times a second is faster than people read.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultMaxHz = 10

// ------------------------------------------------------------------ parts

/** A number by which a page names a subscription or a request. Given by 32-bit integers, which all languages have. */
const largestId = 2_147_483_647

const Id = Schema.Int.check(
  Schema.isBetween(
    { minimum: 0, maximum: largestId },
    { message: `expected a whole number from 0 to ${largestId}`, expected: `a whole number from 0 to ${largestId}` }
  )
)

/**
 * A text in JSON: text, or `{ "base64": … }` if it is not UTF-8. The value is the Schema.
 *
 * @category schemas
 * @since 0.1.0
 */
export const LiveText = Schema.Union([Schema.String, Schema.Struct({ base64: Schema.String })])

/**
 * A text in JSON.
 *
 * @category models
 * @since 0.1.0
 */
export type LiveText = typeof LiveText.Type

/** The value of a sensor as in `ReadingJson`; `null` if none has ever come. */
const LiveValue = Schema.Union([
  Schema.Null,
  Schema.Finite,
  Schema.Boolean,
  Schema.String,
  Schema.Struct({ base64: Schema.String })
])

// ------------------------------------------------------------------ from the page

/**
 * Subscribes to sensors. The same number again replaces the subscription. A target is `device/sensor`, with `*` for any
 * text and `?` for any one character; a device alone, which means all its sensors; or a regular expression over
 * `device/sensor`, which begins with `/`. Sensors that come later count, too.
 *
 * @category frames
 * @since 0.1.0
 */
export const Subscribe = Schema.Struct({
  sub: Id,
  targets: Schema.Array(Schema.String),
  /** How often in a second the readings may come. Default {@link defaultMaxHz}. */
  maxHz: Schema.optionalKey(Schema.Finite)
})

/**
 * Ends a subscription. `gone` then names the sensors that no other subscription means.
 *
 * @category frames
 * @since 0.1.0
 */
export const Unsubscribe = Schema.Struct({ unsub: Id })

/**
 * Says that the data frame of this number was painted: the next one may come.
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
  /** How long to wait for the reply, in seconds. Default: the time that the device says it takes, or 5 seconds. */
  timeout: Schema.optionalKey(Schema.Finite)
})

/**
 * Ends the waiting for the reply to a request. The device may go on with it.
 *
 * @category frames
 * @since 0.1.0
 */
export const Cancel = Schema.Struct({ cancel: Id })

/**
 * Asks for the log records of the devices at this level and above; `off` ends it.
 *
 * @category frames
 * @since 0.1.0
 */
export const FollowLogs = Schema.Struct({
  logs: Schema.Literals(["off", "fatal", "error", "warn", "info", "debug", "trace", "all"])
})

/**
 * The frames that a page sends, by the key that says what they are.
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

// ------------------------------------------------------------------ to the page

/**
 * The first frame of a connection.
 *
 * @category frames
 * @since 0.1.0
 */
export const Hello = Schema.Struct({
  hello: Schema.Struct({
    /** Another one than before: the gateway was started again, and all indices mean nothing any more. */
    epoch: Schema.String,
    /** The version of the gateway. */
    version: Schema.String,
    /** The time of the gateway, in seconds since 1970: a page's own clock may be wrong. */
    time: Schema.Finite,
    role: Schema.Literals(["read", "control", "admin"]),
    /** The name in the caller's token; absent without one. */
    name: Schema.optionalKey(Schema.String),
    /** `true` if the caller has logged in here, so that logging out means something. */
    login: Schema.Boolean,
    limits: Schema.Struct({
      frameBytes: Schema.Int,
      subscriptions: Schema.Int,
      targets: Schema.Int,
      patterns: Schema.Int,
      targetLength: Schema.Int,
      maxHz: Schema.Finite,
      calls: Schema.Int
    })
  })
})

/**
 * A device. It comes again whenever something of it changes; if only `counts` changed, at most once in a second.
 *
 * @category frames
 * @since 0.1.0
 */
export const LiveDevice = Schema.Struct({
  name: Schema.String,
  /** Where the gateway's connection to it is: `Synced` is the good end. */
  state: Schema.Literals([
    "Connecting",
    "Negotiating",
    "Connected",
    "Syncing",
    "Synced",
    "Disconnected",
    "Sleeping",
    "Closed"
  ]),
  /** `true` if requests can be made. */
  connected: Schema.Boolean,
  /** Since when it is connected, or not connected, in seconds since 1970. */
  since: Schema.Finite,
  /** Why it is not connected; absent while nothing is wrong. */
  reason: Schema.optionalKey(Schema.String),
  /** The number of its sensors by status code, 0 to 6, subscribed or not. */
  counts: Schema.Array(Schema.Int),
  /** The requests that this caller may make. Only in the first frame with this device, and when they have changed. */
  requests: Schema.optionalKey(Schema.Array(Schema.String))
})

/**
 * A device.
 *
 * @category models
 * @since 0.1.0
 */
export type LiveDevice = typeof LiveDevice.Type

/**
 * A sensor: `[index, device, name, type, units, description, parameters]`. Type and parameters are those of
 * `#sensor-list`: the two or four limits of a number, the options of a discrete sensor.
 *
 * @category frames
 * @since 0.1.0
 */
export const LiveMeta = Schema.Tuple([
  Schema.Int,
  Schema.String,
  Schema.String,
  Schema.String,
  Schema.String,
  Schema.String,
  Schema.Array(Schema.String)
])

/**
 * A sensor: `[index, device, name, type, units, description, parameters]`.
 *
 * @category models
 * @since 0.1.0
 */
export type LiveMeta = typeof LiveMeta.Type

/**
 * A reading: `[index, t, code, value]`. `t` is the time of the reading by the device's clock, in milliseconds after the
 * `time` of the frame, mostly negative; `null` if no reading has come. `code` is that of the status, 0 to 6. The value is
 * the last one that was valid, unless the status is nominal, warn or error.
 *
 * @category frames
 * @since 0.1.0
 */
export const LiveReading = Schema.Tuple([Schema.Int, Schema.NullOr(Schema.Finite), Schema.Int, LiveValue])

/**
 * A reading: `[index, t, code, value]`.
 *
 * @category models
 * @since 0.1.0
 */
export type LiveReading = typeof LiveReading.Type

/**
 * What changed: sensors, their readings, and devices. Keys that would be empty are left out. A page takes in `gone` first,
 * then `meta`, then `d`, then paints, then answers `{"ack": n}`. Devices come without a subscription.
 *
 * @category frames
 * @since 0.1.0
 */
export const Data = Schema.Struct({
  n: Schema.Int,
  /** When the frame was made, in seconds since 1970. */
  time: Schema.Finite,
  /** Sensors that are no longer there, or that no subscription means any more. */
  gone: Schema.optionalKey(Schema.Array(Schema.Int)),
  /** Sensors whose readings follow for the first time. */
  meta: Schema.optionalKey(Schema.Array(LiveMeta)),
  d: Schema.optionalKey(Schema.Array(LiveReading)),
  devices: Schema.optionalKey(Schema.Array(LiveDevice)),
  goneDevices: Schema.optionalKey(Schema.Array(Schema.String))
})

/**
 * The answer to {@link Subscribe}: how many sensors the subscription means now, and the first of its targets that mean none
 * yet, at most a hundred. The readings follow.
 *
 * @category frames
 * @since 0.1.0
 */
export const Subscribed = Schema.Struct({
  subscribed: Schema.Int,
  sensors: Schema.Int,
  unmatched: Schema.optionalKey(Schema.Array(Schema.String))
})

/**
 * An inform of a request, before its reply.
 *
 * @category frames
 * @since 0.1.0
 */
export const Inform = Schema.Struct({ inform: Schema.Int, name: Schema.String, args: Schema.Array(LiveText) })

/**
 * The end of a request. `ok`, `fail` and `invalid` are the device's answer, with all arguments behind the code. `error`
 * means that no answer came: `args` holds why in words, `reason` for programs.
 *
 * @category frames
 * @since 0.1.0
 */
export const Reply = Schema.Struct({
  reply: Schema.Int,
  code: Schema.Literals(["ok", "fail", "invalid", "error"]),
  args: Schema.Array(LiveText),
  reason: Schema.optionalKey(Schema.Literals(["not-allowed", "no-device", "away", "timeout", "cancelled", "busy"]))
})

/**
 * Log records: `[device, level, time, logger, text]`, oldest first. `lost` counts those before them that had no room.
 *
 * @category frames
 * @since 0.1.0
 */
export const Logs = Schema.Struct({
  logs: Schema.Array(Schema.Tuple([Schema.String, Schema.String, Schema.Finite, Schema.String, Schema.String])),
  lost: Schema.Int
})

/**
 * A frame of the page was refused. `of` repeats the key and number that the frame had, as far as they could be read.
 *
 * @category frames
 * @since 0.1.0
 */
export const Refused = Schema.Struct({
  error: Schema.Struct({
    of: Schema.optionalKey(Schema.Record(Schema.String, Schema.Int)),
    title: Schema.String,
    /** What is wrong, where, and what to try. */
    detail: Schema.String
  })
})

/**
 * The last frame: why the gateway closes the WebSocket. `revoked` and `expired` mean the caller's token; after `stopping`
 * and `too slow` a page connects again.
 *
 * @category frames
 * @since 0.1.0
 */
export const Bye = Schema.Struct({ bye: Schema.Literals(["revoked", "expired", "stopping", "too slow"]) })

/**
 * A frame that the gateway sends. The value is the Schema.
 *
 * @category frames
 * @since 0.1.0
 */
export const GatewayFrame = Schema.Union([Hello, Data, Subscribed, Inform, Reply, Logs, Refused, Bye])

/**
 * A frame that the gateway sends: told apart by `"n" in frame`, `"reply" in frame` and so on.
 *
 * @category frames
 * @since 0.1.0
 */
export type GatewayFrame = typeof GatewayFrame.Type
