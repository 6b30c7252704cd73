/** The answers of the API as Schemas: the source of the OpenAPI document. */
import * as Schema from "effect/Schema"
import { GapReason } from "../../Archive/index.ts"
import { Role } from "../../Interface/index.ts"
import { Status, statuses } from "../../Sensor/index.ts"
import { PassedRequest, ReadingJson, ValueJson } from "../../Site/index.ts"
import { argumentFault, inexact } from "../argumentFault.ts"
import { ArgumentJson } from "./arguments.ts"

const seconds = (description: string) =>
  Schema.Finite.annotate({ description: `${description}, in seconds since 1970.` })

/** A sensor with its newest reading. */
export const SensorJson = Schema.Struct({
  ...ReadingJson.fields,
  description: Schema.optionalKey(Schema.String),
  /** Limits of numbers, options of discrete sensors. */
  parameters: Schema.optionalKey(Schema.Array(Schema.String))
}).annotate({ identifier: "Sensor", description: "A sensor and its newest reading." })
export type SensorJson = typeof SensorJson.Type

const missing = Schema.optionalKey(
  Schema.Array(Schema.String).annotate({
    description:
      "The runners of a fleet that do not answer: their devices are shown as unreachable. Absent if all answer, or if the site is not a fleet."
  })
)

export const SensorPage = Schema.Struct({
  id: Schema.String.annotate({
    description: "EPOCH.REVISION of the newest of these; the Last-Event-ID that continues from here."
  }),
  total: Schema.Int.annotate({ description: "The sensors that match, on all pages." }),
  sensors: Schema.Array(SensorJson),
  next: Schema.optionalKey(
    Schema.String.annotate({ description: "The cursor of the next page; absent on the last page." })
  ),
  missing
}).annotate({ identifier: "SensorPage", description: "A page of sensors, in the order of their names." })

export const DeviceJson = Schema.Struct({
  name: Schema.String,
  description: Schema.optionalKey(Schema.String),
  address: Schema.optionalKey(Schema.String),
  state: Schema.String.annotate({ description: "The state of the client of the device." }),
  connected: Schema.Boolean.annotate({ description: "true if requests can be made." }),
  synced: Schema.Boolean.annotate({ description: "true if all sensors are known and subscribed." }),
  since: seconds("The time since when it is connected, or not"),
  error: Schema.optionalKey(Schema.String.annotate({ description: "The reason why it is not connected." })),
  protocol: Schema.optionalKey(Schema.String),
  losses: Schema.Int.annotate({ description: "The number of lost connections." }),
  sensors: Schema.Int,
  readings: Schema.Int,
  lag: Schema.optionalKey(
    Schema.Finite.annotate({
      description: "Seconds from the time of the last change of a sensor to its arrival; absent until one changes."
    })
  ),
  counts: Schema.Struct({
    unknown: Schema.Int,
    nominal: Schema.Int,
    warn: Schema.Int,
    error: Schema.Int,
    failure: Schema.Int,
    unreachable: Schema.Int,
    inactive: Schema.Int
  }).annotate({ description: "The number of its sensors by status." })
}).annotate({ identifier: "Device", description: "A device of the site, and its state." })
export type DeviceJson = typeof DeviceJson.Type

export const DeviceList = Schema.Struct({ devices: Schema.Array(DeviceJson), missing }).annotate({
  identifier: "DeviceList"
})

export const DeviceDetails = Schema.Struct({
  ...DeviceJson.fields,
  missing,
  requests: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      help: Schema.String,
      role: Schema.Literals(["read", "control", "admin"]).annotate({ description: "The role that it needs." }),
      allowed: Schema.Boolean.annotate({ description: "true if the gateway passes it on for your role." }),
      arguments: Schema.optionalKey(Schema.Array(ArgumentJson)).annotate({
        description: "Its arguments in order, if the site has a contract of the device that describes them."
      })
    })
  ).annotate({ description: "The requests of the device." })
}).annotate({ identifier: "DeviceDetails", description: "A device, and its requests." })

/** Base64 (RFC 4648 §4). */
export const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const Bytes = Schema.Struct({
  base64: Schema.String.check(
    Schema.isPattern(base64Pattern, {
      message: "expected base64, with its padding"
    })
  )
})

const argument = Schema.Union([Schema.String, Schema.Struct({ base64: Schema.String })])

const largest = Number.MAX_SAFE_INTEGER
const Given = Schema.Union([
  Schema.String.check(Schema.makeFilter((text) => argumentFault(text) ?? true)),
  // with its limits, so the OpenAPI document has them
  Schema.Finite.check(Schema.isBetween({ minimum: -largest, maximum: largest }, { message: inexact })),
  Schema.Boolean,
  Bytes
])

export const RequestBody = Schema.Struct({
  args: Schema.optionalKey(Schema.Array(Given).check(Schema.isMaxLength(10_000))).annotate({
    description:
      "The arguments: text, numbers, booleans (1 or 0 on the wire), or bytes. Numbers beyond 2^53 - 1 have to be text."
  }),
  timeout: Schema.optionalKey(
    Schema.Finite.check(Schema.isBetween({ minimum: 0.001, maximum: 3600 })).annotate({
      description: "The longest time for the device, in seconds. Default: its hint, or 5."
    })
  )
}).annotate({ identifier: "RequestBody" })

export const RequestAnswer = Schema.Struct({
  code: Schema.String.annotate({ description: "The code of the reply: ok, fail or invalid." }),
  args: Schema.Array(argument).annotate({
    description: "The arguments after the code; the reason for fail and invalid."
  }),
  informs: Schema.Array(Schema.Array(argument)).annotate({ description: "The arguments of each inform." })
}).annotate({ identifier: "RequestAnswer", description: "The answer of the device." })

const column = Schema.Array(Schema.NullOr(Schema.Finite))

export const HistorySeries = Schema.Struct({
  device: Schema.String,
  name: Schema.String,
  type: Schema.String,
  units: Schema.optionalKey(Schema.String),
  width: Schema.Finite.annotate({ description: "The width of a bucket, in seconds." }),
  t: Schema.Array(Schema.Finite).annotate({ description: "The beginning of each bucket, in seconds since 1970." }),
  min: column.annotate({ description: "The smallest valid number; null without one." }),
  max: column,
  avg: column,
  last: Schema.Array(Schema.NullOr(ValueJson)).annotate({ description: "The last valid value; null without one." }),
  st: Schema.Array(Schema.Int).annotate({
    description: `The code of the worst status: ${statuses.map((status, code) => `${code} ${status}`).join(", ")}.`
  })
}).annotate({
  identifier: "HistorySeries",
  description: "The history of a sensor in columns of one length. A gap is a bucket of nulls, so plots have gaps, too."
})
export type HistorySeries = typeof HistorySeries.Type

const HistoryGap = Schema.Struct({
  device: Schema.String.annotate({ description: "The device; empty for all." }),
  sensor: Schema.String.annotate({ description: "The sensor; empty for all of the device." }),
  from: seconds("Its beginning"),
  to: Schema.NullOr(seconds("Its end; null while it lasts")),
  reason: GapReason
}).annotate({
  identifier: "HistoryGap",
  description: "A stretch of time without all readings in the archive."
})

export const History = Schema.Struct({
  from: Schema.Finite,
  to: Schema.Finite,
  series: Schema.Array(HistorySeries),
  gaps: Schema.Array(HistoryGap)
}).annotate({ identifier: "History" })

export const PastReading = Schema.Struct({
  device: Schema.String,
  name: Schema.String,
  value: Schema.optionalKey(ValueJson),
  status: Status,
  code: Schema.Int,
  timestamp: Schema.Finite,
  received: Schema.Finite
}).annotate({ identifier: "PastReading", description: "A reading of the archive." })
export type PastReading = typeof PastReading.Type

export const PastReadings = Schema.Struct({
  readings: Schema.Array(PastReading),
  next: Schema.optionalKey(
    Schema.String.annotate({ description: "The cursor of the next page; absent on the last page." })
  )
}).annotate({ identifier: "PastReadings", description: "A page of readings: sensor by sensor, each in order of time." })

const { missed: _, ...passed } = PassedRequest.fields
export const AuditRecord = Schema.Struct({
  id: Schema.Int.annotate({ description: "Counts the records since the gateway started." }),
  ...passed
}).annotate({
  identifier: "AuditRecord",
  description: "A request through this process, and its outcome."
})
export type AuditRecord = typeof AuditRecord.Type

export const AuditPage = Schema.Struct({
  records: Schema.Array(AuditRecord),
  missed: Schema.Int.annotate({ description: "The number of records that came too fast to be kept." })
}).annotate({ identifier: "AuditPage", description: "Audit records, the oldest first." })

export const CallerJson = Schema.Struct({
  role: Role,
  by: Schema.Literals(["address", "token", "session", "jwt", "nobody"]),
  from: Schema.String,
  name: Schema.optionalKey(Schema.String),
  expires: Schema.optionalKey(seconds("The time when the token or session expires"))
}).annotate({ identifier: "Caller", description: "Your identity and your role here." })

export const ServerEvent = Schema.Struct({
  id: Schema.optional(Schema.String),
  event: Schema.Literals(["snapshot", "delta", "devices", "bye"]),
  data: Schema.String.annotate({ description: "JSON; see docs/gateway.md." })
}).annotate({ identifier: "ServerEvent" })
