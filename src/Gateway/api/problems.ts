/** The errors of the API: problem details (RFC 9457), each with a text for people. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as HttpApiError from "effect/http-api/HttpApiError"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

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

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/** Answers a malformed query, path or body with the fault, and its place. */
export const layerProblems: Layer.Layer<Problems> = HttpApiMiddleware.layerSchemaErrorTransform(
  Problems,
  ({ cause, kind }) => {
    // a mistake of the gateway itself: the listener logs it
    if (kind === "Body" || kind === "ResponseHeaders") return Effect.failCause(Cause.die(cause))
    const slot = kind.toLowerCase()
    const errors = issuesOf(cause.issue).issues.map(({ message, path = [] }) => ({
      path: [slot, ...path.map((part) => String(typeof part === "object" ? part.key : part))],
      message: message === "Expected RequestBody" ? 'expected a JSON object, like {} or {"args": ["1"]}' : message
    }))
    const detail = errors.map(({ message, path }) => `${path.join(".")}: ${message}`).join("; ")
    return Effect.fail(new BadRequest({ detail: detail.slice(0, 2000), errors: errors.slice(0, 20) }))
  }
)
