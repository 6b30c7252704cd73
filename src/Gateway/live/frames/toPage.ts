/** The frames that the gateway sends. */
import * as Schema from "effect/Schema"
import { LiveText } from "./text.ts"

/** The value of a sensor as in `ReadingJson`; `null` if none has ever come. */
const LiveValue = Schema.Union([
  Schema.Null,
  Schema.Finite,
  Schema.Boolean,
  Schema.String,
  Schema.Struct({ base64: Schema.String })
])

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
 * The answer to `Subscribe`: how many sensors the subscription means now, and the first of its targets that mean none
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
