/** The API as data: its endpoints, their parameters and their answers. It is the source of the OpenAPI document. */
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { Status } from "../../Sensor/index.ts"
import { DeviceName, RequestName } from "../requestNames.ts"
import { openApi } from "./openApi.ts"
import { DeviceAway, DeviceSlow, NotFound, NotImplemented, Problems, TooLarge, UnsupportedType } from "./problems.ts"
import {
  AuditPage,
  CallerJson,
  DeviceDetails,
  DeviceList,
  History,
  PastReadings,
  RequestAnswer,
  RequestBody,
  SensorJson,
  SensorPage,
  ServerEvent
} from "./schemas.ts"

/** The default number of sensors per page. Not measured: some 30 KB. */
export const sensorsOfPage = 100
/** The number of sensors of the largest page. Not measured: 1,000 of them are some 300 KB. */
const mostSensors = 1000
/** The number of buckets per sensor of the longest answer. Not measured: no screen has more columns. */
const mostPoints = 10_000
/** The number of readings of the largest page. Given by the archive, whose largest answer has 100,000. */
const mostReadings = 100_000

const Count = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 1, maximum }))
const match = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(256))
/**
 * The patterns of a query. Given by the listener, which reads 64 KiB of headers: 20 of 256 characters fit in any
 * script.
 */
const matches = Schema.Array(match).check(Schema.isMinLength(1), Schema.isMaxLength(20))
const named = (name: string, summary: string, description: string) =>
  OpenApi.annotations({ identifier: name, summary, description })

/** Seconds since 1970, to the year 2255. Given by the archive: its microseconds are exact until then. */
const Time = Schema.Finite.check(Schema.isBetween({ minimum: -9e9, maximum: 9e9 }))
const Csv = Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/csv" }))
const Ndjson = Schema.String.pipe(HttpApiSchema.asText({ contentType: "application/x-ndjson" }))
const NotModified = HttpApiSchema.Empty(304)
const tagged = { "if-none-match": Schema.optionalKey(Schema.String) }

const site = HttpApiGroup.make("site")
  .add(
    HttpApiEndpoint.get("listDevices", "/api/devices", { success: DeviceList }).annotateMerge(
      named("listDevices", "All devices", "The devices of the site, and their states.")
    )
  )
  .add(
    HttpApiEndpoint.get("getDevice", "/api/devices/:device", {
      params: { device: Schema.String },
      success: DeviceDetails,
      error: NotFound
    }).annotateMerge(named("getDevice", "One device", "A device of the site, and its requests."))
  )
  .add(
    HttpApiEndpoint.get("listSensors", "/api/sensors", {
      query: {
        match: Schema.optionalKey(match),
        text: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(256))),
        device: Schema.optionalKey(Schema.String),
        status: Schema.optionalKey(Schema.Array(Status)),
        cursor: Schema.optionalKey(Schema.String),
        limit: Schema.optionalKey(Count(mostSensors))
      },
      headers: tagged,
      success: [SensorPage, NotModified]
    }).annotateMerge(
      named(
        "listSensors",
        "Sensors, by page",
        "Sensors with their newest readings, in the order of their names. The ETag changes when one of them does."
      )
    )
  )
  .add(
    HttpApiEndpoint.get("getSensor", "/api/sensors/:device/:sensor", {
      params: { device: Schema.String, sensor: Schema.String },
      headers: tagged,
      success: [SensorJson, NotModified],
      error: NotFound
    }).annotateMerge(
      named(
        "getSensor",
        "One sensor",
        "A sensor with its newest reading. For an unknown name, the answer has similar names."
      )
    )
  )
  .add(
    HttpApiEndpoint.post("makeRequest", "/api/devices/:device/requests/:request", {
      params: { device: DeviceName, request: RequestName },
      headers: { "x-katcp": Schema.Literal("1") },
      payload: RequestBody,
      success: RequestAnswer,
      error: [NotFound, TooLarge, UnsupportedType, DeviceAway, DeviceSlow]
    }).annotateMerge(
      named(
        "makeRequest",
        "Make a request of a device",
        "Passes a request on if the gateway's allow list names it and your role permits it. Every reply of the device is a 200. Each request leaves an audit record."
      )
    )
  )

const history = HttpApiGroup.make("history")
  .add(
    HttpApiEndpoint.get("getHistory", "/api/history", {
      query: {
        sensor: matches,
        from: Schema.optionalKey(Time),
        to: Schema.optionalKey(Time),
        points: Schema.optionalKey(Count(mostPoints)),
        format: Schema.optionalKey(Schema.Literals(["json", "csv", "ndjson"]))
      },
      success: [History, Csv, Ndjson],
      error: [NotFound, NotImplemented]
    }).annotateMerge(
      named(
        "getHistory",
        "History for plots",
        "Minimum, maximum, mean and last value of stretches of time, in columns. Needs an archive."
      )
    )
  )
  .add(
    HttpApiEndpoint.get("getReadings", "/api/readings", {
      query: {
        sensor: matches,
        from: Schema.optionalKey(Time),
        to: Schema.optionalKey(Time),
        limit: Schema.optionalKey(Count(mostReadings)),
        cursor: Schema.optionalKey(Schema.String),
        format: Schema.optionalKey(Schema.Literals(["json", "csv", "ndjson"]))
      },
      success: [PastReadings, Csv, Ndjson],
      error: [NotFound, NotImplemented]
    }).annotateMerge(
      named(
        "getReadings",
        "Every reading",
        "Every reading of a stretch of time: a page as JSON, or all of them as CSV or NDJSON. Needs an archive."
      )
    )
  )

const process = HttpApiGroup.make("process")
  .add(
    HttpApiEndpoint.get("getCaller", "/api/caller", { success: CallerJson }).annotateMerge(
      named("getCaller", "Who you are", "Your role here, and its source.")
    )
  )
  .add(
    HttpApiEndpoint.get("listAudit", "/api/audit", {
      query: {
        after: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
        limit: Schema.optionalKey(Count(mostSensors))
      },
      success: AuditPage
    }).annotateMerge(
      named(
        "listAudit",
        "Audit records",
        "Requests through this process, with their callers and outcomes. For the role admin."
      )
    )
  )
  .add(
    HttpApiEndpoint.get("streamEvents", "/api/events", {
      query: {
        match: Schema.optionalKey(matches),
        maxHz: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0.01, maximum: 50 })))
      },
      headers: { "last-event-id": Schema.optionalKey(Schema.String) },
      success: HttpApiSchema.StreamSse({ events: ServerEvent })
    }).annotateMerge(
      named(
        "streamEvents",
        "Changes as they happen",
        "Server-sent events: a snapshot, then deltas. Last-Event-ID continues where a stream ended."
      )
    )
  )

/**
 * A misspelled parameter of a query or member of a body is a mistake: otherwise a request would have no arguments. All
 * mistakes are reported: beside a misspelled key is the one that is missing.
 */
const strict = { onExcessProperty: "error", errors: "all" } as const

/** The API of the gateway. */
export const Api = HttpApi.make("katcp")
  .add(site)
  .add(history)
  .add(process)
  .middleware(Problems)
  .annotateMerge(openApi)
  .annotate(HttpApi.QueryParseOptions, strict)
  .annotate(HttpApi.PayloadParseOptions, strict)
