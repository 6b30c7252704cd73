/** The errors of the API: problem details (RFC 9457), each with a text for people. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as HttpApiError from "effect/http-api/HttpApiError"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { didYouMean, quoteText } from "../../Message/index.ts"

const type = "about:blank"

export class BadRequest extends HttpApiError.Problem<BadRequest>()(
  "BadRequest",
  { type, status: 400, title: "Bad Request" },
  { errors: Schema.optionalKey(Schema.Array(HttpApiError.ProblemIssue)) }
) {}
class Unauthorized extends HttpApiError.Problem<Unauthorized>()("Unauthorized", {
  type,
  status: 401,
  title: "Unauthorized"
}) {}
export class Forbidden extends HttpApiError.Problem<Forbidden>()("Forbidden", {
  type,
  status: 403,
  title: "Forbidden"
}) {}
export class NotFound extends HttpApiError.Problem<NotFound>()(
  "NotFound",
  { type, status: 404, title: "Not Found" },
  {
    /** The names that are most similar to the requested one. */
    near: Schema.optionalKey(Schema.Array(Schema.String))
  }
) {}
export class TooLarge extends HttpApiError.Problem<TooLarge>()("TooLarge", {
  type,
  status: 413,
  title: "Content Too Large"
}) {}
export class UnsupportedType extends HttpApiError.Problem<UnsupportedType>()("UnsupportedType", {
  type,
  status: 415,
  title: "Unsupported Media Type"
}) {}
class TooMany extends HttpApiError.Problem<TooMany>()("TooMany", {
  type,
  status: 429,
  title: "Too Many Requests"
}) {}
class Defect extends HttpApiError.Problem<Defect>()("Defect", {
  type,
  status: 500,
  title: "Internal Server Error"
}) {}
export class NotImplemented extends HttpApiError.Problem<NotImplemented>()("NotImplemented", {
  type,
  status: 501,
  title: "Not Implemented"
}) {}
export class DeviceAway extends HttpApiError.Problem<DeviceAway>()("DeviceAway", {
  type,
  status: 502,
  title: "Bad Gateway"
}) {}
export class Unavailable extends HttpApiError.Problem<Unavailable>()("Unavailable", {
  type,
  status: 503,
  title: "Service Unavailable"
}) {}
export class DeviceSlow extends HttpApiError.Problem<DeviceSlow>()("DeviceSlow", {
  type,
  status: 504,
  title: "Gateway Timeout"
}) {}

/** Errors of every endpoint: those of the listener, and a malformed query or body. */
export class Problems extends HttpApiMiddleware.Service<Problems>()("katcp/Gateway/Problems", {
  error: [BadRequest, Unauthorized, Forbidden, TooMany, Defect, Unavailable]
}) {}

/** The mistakes that an answer names. Not measured: more than people correct at once. */
const shownMistakes = 20
/** The characters of a key that an answer repeats. Not measured: names of parameters have ten. */
const shownKey = 40

/** Returns the mistakes of an issue in words, with their places. */
const mistakesOf = (issue: SchemaIssue.Issue): ReadonlyArray<{ path: ReadonlyArray<string>; message: string }> => {
  /** The known keys beside each unknown one, in the order of the mistakes. */
  const known: Array<ReadonlyArray<string>> = []
  const unknown = "an unknown key"
  const format = SchemaIssue.makeFormatterStandardSchemaV1({
    leafHook: (leaf) => {
      if (leaf._tag === "MissingKey") return "this key is missing"
      if (leaf._tag !== "UnexpectedKey") return SchemaIssue.defaultLeafHook(leaf)
      known.push(leaf.ast._tag === "Objects" ? leaf.ast.propertySignatures.map(({ name }) => String(name)) : [])
      return unknown
    }
  })
  return format(issue)
    .issues.slice(0, shownMistakes)
    .map(({ message, path = [] }) => {
      const keys = path.map((part) => String(typeof part === "object" ? part.key : part).slice(0, shownKey))
      return { path: keys, message: message === unknown ? unknownKey(keys.at(-1) ?? "", known.shift() ?? []) : message }
    })
}

/** Reports an unknown key, with the most similar known ones. */
const unknownKey = (key: string, known: ReadonlyArray<string>): string => {
  const meant = didYouMean(key, known)
  return `there is no key ${quoteText(key)}${meant === "" ? `; there are ${known.join(", ")}` : meant}`
}

/** Answers a malformed query, path or body with the mistakes, and their places. */
export const layerProblems: Layer.Layer<Problems> = HttpApiMiddleware.layerSchemaErrorTransform(
  Problems,
  ({ cause, kind }) => {
    // a mistake of the gateway itself: the listener logs it
    if (kind === "Body" || kind === "ResponseHeaders") return Effect.failCause(Cause.die(cause))
    const slot = kind.toLowerCase()
    const errors = mistakesOf(cause.issue).map(({ message, path }) => ({
      path: [slot, ...path],
      message: message === "Expected RequestBody" ? 'expected a JSON object, like {} or {"args": ["1"]}' : message
    }))
    const detail = errors.map(({ message, path }) => `${path.join(".")}: ${message}`).join("; ")
    return Effect.fail(new BadRequest({ detail: detail.slice(0, 2000), errors }))
  }
)
