/** The parts of the OpenAPI document that are not in the API itself. */
import * as OpenApi from "effect/http-api/OpenApi"
import { version } from "../../Message/index.ts"
import { devicePattern, requestPattern } from "../requestNames.ts"
import { base64Pattern } from "./schemas.ts"

/** The descriptions of parameters, and their types if a query's text stands for a number. */
const parameters: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  match: {
    description:
      "Sensors: device/sensor with * and ? for any text, a device alone for all of its sensors, or a regular expression over device/sensor, which begins with /.",
    example: "m0*/rx.*"
  },
  text: { description: "Sensors whose name or description has this text; upper and lower case are the same." },
  device: { description: "The name of a device." },
  sensor: { description: "The name of a sensor; in a query device/sensor, with globs as in match." },
  request: { description: "The name of a request of the device." },
  status: { description: "Sensors with one of these statuses." },
  cursor: { description: "The beginning of the page: `next` of the page before." },
  limit: { description: "The largest number of items." },
  points: { description: "The number of buckets of each sensor. Default 500." },
  from: {
    description: "The beginning, in seconds since 1970; before now if it is negative. Default an hour before the end."
  },
  to: { description: "The end, exclusive. Default now." },
  format: { description: "The form of the answer. Default json." },
  after: { description: "Records after this id. Default: the newest ones." },
  maxHz: { description: "The largest number of events per second. Default 10." },
  "if-none-match": { description: "The ETag of an answer that you have: 304 if nothing has changed." },
  "last-event-id": { description: "The id of the last event that you have." },
  "x-katcp": { description: "Always 1: a page of another site cannot send it." }
}

const tags: Readonly<Record<string, string>> = {
  site: "Devices, their sensors and their requests.",
  history: "Their history in an archive.",
  process: "This process: your identity, audit records, changes."
}

/** The bounds of parameters that are numbers, and the patterns of names: Schema documents plain text. */
const bounds: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "listSensors limit": { type: "integer", minimum: 1, maximum: 1000, default: 100 },
  "getHistory points": { type: "integer", minimum: 1, maximum: 10_000, default: 500 },
  "getHistory from": { type: "number", minimum: -9e9, maximum: 9e9 },
  "getHistory to": { type: "number", minimum: -9e9, maximum: 9e9 },
  "getReadings from": { type: "number", minimum: -9e9, maximum: 9e9 },
  "getReadings to": { type: "number", minimum: -9e9, maximum: 9e9 },
  "getReadings limit": { type: "integer", minimum: 1, maximum: 100_000, default: 10_000 },
  "listAudit after": { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  "listAudit limit": { type: "integer", minimum: 1, maximum: 1000, default: 100 },
  "streamEvents maxHz": { type: "number", minimum: 0.01, maximum: 50, default: 10 },
  "makeRequest device": { type: "string", pattern: devicePattern.source },
  "makeRequest request": { type: "string", pattern: requestPattern.source }
}

/** A link from an answer: the operation, a description, and the places of its parameters in the answer. */
type Link = readonly [operationId: string, description: string, parameters: Readonly<Record<string, string>>]

/** The links of each operation, by name. */
const links: Readonly<Record<string, Readonly<Record<string, Link>>>> = {
  listDevices: {
    device: ["getDevice", "The first of these devices.", { device: "$response.body#/devices/0/name" }]
  },
  getDevice: {
    sensors: ["listSensors", "Its sensors.", { device: "$response.body#/name" }],
    request: [
      "makeRequest",
      "The first of its requests.",
      { device: "$response.body#/name", request: "$response.body#/requests/0/name" }
    ]
  },
  listSensors: {
    sensor: [
      "getSensor",
      "The first of these sensors.",
      { device: "$response.body#/sensors/0/device", sensor: "$response.body#/sensors/0/name" }
    ],
    next: ["listSensors", "The next page.", { cursor: "$response.body#/next" }],
    events: ["streamEvents", "Changes from here on.", { "last-event-id": "$response.body#/id" }]
  },
  getSensor: {
    device: ["getDevice", "Its device.", { device: "$response.body#/device" }],
    history: ["getHistory", "Its history.", { sensor: "{$response.body#/device}/{$response.body#/name}" }],
    readings: ["getReadings", "Its readings.", { sensor: "{$response.body#/device}/{$response.body#/name}" }]
  },
  getReadings: { next: ["getReadings", "The next page.", { cursor: "$response.body#/next" }] },
  listAudit: { next: ["listAudit", "The records after these.", { after: "$response.body#/records/0/id" }] }
}

interface Parameter {
  name: string
  schema: unknown
  description?: string
}
interface Operation {
  operationId: string
  parameters?: Array<Parameter>
  responses: Record<string, { links?: unknown }>
}

/** Adds the format to every base64 text: Schema checks it, but does not document the expression. */
const markBase64 = (part: unknown): void => {
  if (typeof part !== "object" || part === null) return
  const { base64 } = part as { base64?: { type?: unknown } }
  if (base64?.type === "string") Object.assign(base64, { contentEncoding: "base64", pattern: base64Pattern.source })
  for (const inner of Object.values(part)) markBase64(inner)
}

const transform = (spec: Record<string, unknown>): Record<string, unknown> => {
  const paths = spec.paths as Record<string, Record<string, Operation>>
  for (const path of Object.values(paths))
    for (const operation of Object.values(path)) {
      const own = Object.entries(links[operation.operationId] ?? {})
      if (own.length > 0)
        operation.responses["200"]!.links = Object.fromEntries(
          own.map(([name, [operationId, description, parameters]]) => [name, { operationId, description, parameters }])
        )
      for (const parameter of operation.parameters ?? []) {
        const isList = (parameter.schema as { readonly type?: unknown }).type === "array"
        const { example, ...about } = parameters[parameter.name] ?? {}
        Object.assign(parameter, about, example === undefined ? {} : { example: isList ? [example] : example })
        const bound = bounds[`${operation.operationId} ${parameter.name}`]
        if (bound !== undefined) parameter.schema = bound
      }
    }
  markBase64(spec.components)
  for (const tag of spec.tags as Array<{ name: string; description?: string }>) tag.description = tags[tag.name]!
  spec.security = [{}, { bearer: [] }, { session: [] }]
  const components = spec.components as Record<string, unknown>
  components.securitySchemes = {
    bearer: { type: "http", scheme: "bearer", description: "A token of the file of tokens, or of the issuer." },
    session: {
      type: "apiKey",
      in: "cookie",
      name: "katcp-session",
      description: "Set by the login form; its name ends in - and the port."
    }
  }
  return spec
}

export const openApi = OpenApi.annotations({
  title: "katcp gateway",
  version,
  description:
    "A site of KATCP devices over HTTP: devices, sensors, history, requests, audit records. Errors are problem details (RFC 9457). docs/gateway.md says more.",
  license: { name: "MIT", url: "https://opensource.org/license/mit" },
  servers: [{ url: "/" }],
  transform
})
