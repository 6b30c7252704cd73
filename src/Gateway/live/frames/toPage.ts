/** The frames that the gateway sends. */
import * as Schema from "effect/Schema"
import { LiveText } from "./text.ts"

/** The value of a sensor as in `ReadingJson`; `null` before the first one. */
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
    /** A different one than before means that the gateway was restarted, and all indices are invalid. */
    epoch: Schema.String,
    /** The version of the gateway. */
    version: Schema.String,
    /** The time of the gateway, in seconds since 1970, because a page's own clock may be wrong. */
    time: Schema.Finite,
    role: Schema.Literals(["read", "control", "admin"]),
    /** The name in the caller's token; absent without one. */
    name: Schema.optionalKey(Schema.String),
    /** `true` if the caller has logged in here, and can log out. */
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
 * A device. It is sent again whenever it changes; if only `counts` changed, at most once a second.
 *
 * @category frames
 * @since 0.1.0
 */
export const LiveDevice = Schema.Struct({
  name: Schema.String,
  /** The state of the gateway's connection to it: `Synced` is the normal one. */
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
  /** The time since when it is connected, or not connected, in seconds since 1970. */
  since: Schema.Finite,
  /** The reason why it is not connected; absent without a fault. */
  reason: Schema.optionalKey(Schema.String),
  /** The number of its sensors by status code, 0 to 6, subscribed or not. */
  counts: Schema.Array(Schema.Int),
  /** The requests that this caller can make. Only in the first frame with this device, and when they have changed. */
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
 * `time` of the frame, mostly negative; `null` before the first reading. `code` is that of the status, 0 to 6. The
 * value is the last valid one, unless the status is nominal, warn or error.
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
 * Changes: sensors, their readings, and devices. Empty keys are omitted. A page applies `gone` first, then `meta`, then
 * `d`, then paints, then answers `{"ack": n}`. Devices are sent without a subscription.
 *
 * @category frames
 * @since 0.1.0
 */
export const Data = Schema.Struct({
  n: Schema.Int,
  /** The time of the frame, in seconds since 1970. */
  time: Schema.Finite,
  /** Sensors that no longer exist, or have no subscription any more. */
  gone: Schema.optionalKey(Schema.Array(Schema.Int)),
  /** Sensors whose readings follow for the first time. */
  meta: Schema.optionalKey(Schema.Array(LiveMeta)),
  d: Schema.optionalKey(Schema.Array(LiveReading)),
  devices: Schema.optionalKey(Schema.Array(LiveDevice)),
  goneDevices: Schema.optionalKey(Schema.Array(Schema.String)),
  /** The runners of a fleet whose devices cannot be told of now, whenever that has changed. */
  missing: Schema.optionalKey(Schema.Array(Schema.String))
})

/**
 * The answer to `Subscribe`: the current number of sensors in the subscription, and the first of its targets that match
 * none yet, at most a hundred. The readings follow.
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
 * The end of a request. `ok`, `fail` and `invalid` are the device's reply, with all arguments after the code. `error`
 * means that there was no reply: `args` has the reason for people, `reason` for programs.
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
 * Log records: `[device, level, time, logger, text]`, oldest first. `lost` counts dropped records before them.
 *
 * @category frames
 * @since 0.1.0
 */
export const Logs = Schema.Struct({
  logs: Schema.Array(Schema.Tuple([Schema.String, Schema.String, Schema.Finite, Schema.String, Schema.String])),
  lost: Schema.Int
})

/**
 * A frame of the page was refused. `of` repeats the key and number of the frame, as far as they could be read.
 *
 * @category frames
 * @since 0.1.0
 */
export const Refused = Schema.Struct({
  error: Schema.Struct({
    of: Schema.optionalKey(Schema.Record(Schema.String, Schema.Int)),
    title: Schema.String,
    /** The fault, its place, and a remedy. */
    detail: Schema.String
  })
})

/**
 * The last frame: the reason why the gateway closes the WebSocket. `revoked` and `expired` are about the caller's
 * token; after `stopping` and `too slow` a page reconnects.
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
 * A frame that the gateway sends: distinguish them by `"n" in frame`, `"reply" in frame` and so on.
 *
 * @category frames
 * @since 0.1.0
 */
export type GatewayFrame = typeof GatewayFrame.Type
