import * as Order from "effect/Order"
import * as Schema from "effect/Schema"

/**
 * The statuses of a reading, in the order of the specification. The Python libraries number them from 0 in this order
 * (Rev 5.1 §7, Table 8). All seven are also sent in version 4, as katcp-python does.
 *
 * @category constants
 * @since 0.1.0
 */
export const statuses = ["unknown", "nominal", "warn", "error", "failure", "unreachable", "inactive"] as const

/**
 * The status of a reading (Rev 5.1 §7, Table 8).
 *
 * - `unknown`: there is no reading yet.
 *
 * - `nominal`: the value is as expected.
 *
 * - `warn`: the value is outside the nominal range.
 *
 * - `error`: the value is critical.
 *
 * - `failure`: the sensor is permanently unreadable.
 *
 * - `unreachable`: the device of a proxied sensor cannot be reached.
 *
 * - `inactive`: the sensor is not in use, which is not a failure.
 *
 * @category models
 * @since 0.1.0
 */
export type Status = (typeof statuses)[number]

/**
 * The statuses as a Schema.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Status: Schema.Literals<typeof statuses> = Schema.Literals(statuses)

/**
 * Returns `true` if a reading with this status has a valid value: `nominal`, `warn` and `error` (Rev 5.1 §7, Table 8).
 * With other statuses the value is of the sensor's type, but has no meaning.
 *
 * @category guards
 * @since 0.1.0
 */
export const isValid = (status: Status): boolean => status === "nominal" || status === "warn" || status === "error"

const places: ReadonlyMap<string, number> = new Map(statuses.map((status, place) => [status, place]))

/**
 * Returns `true` if text is the name of a status.
 *
 * @category guards
 * @since 0.1.0
 */
export const isStatus = (text: string): text is Status => places.has(text)

/**
 * Orders statuses by their place in {@link statuses}.
 *
 * @category instances
 * @since 0.1.0
 */
export const statusOrder: Order.Order<Status> = Order.mapInput(Order.Number, (status: Status) => places.get(status)!)

/**
 * The statuses from the mildest to the worst. `inactive` is not a failure, `unknown` (not read yet) is milder than
 * `warn`, and statuses without a reliable value are worse than a measured `error` (Rev 5.1 §7, Table 8).
 *
 * @category constants
 * @since 0.1.0
 */
export const severities = ["inactive", "nominal", "unknown", "warn", "error", "unreachable", "failure"] as const

const ranks: ReadonlyMap<string, number> = new Map(severities.map((status, rank) => [status, rank]))

/** Returns the place of a status in {@link severities}. */
export const rankOf = (status: Status): number => ranks.get(status)!

/**
 * Orders statuses by severity: their place in {@link severities}.
 *
 * @category instances
 * @since 0.1.0
 */
export const severityOrder: Order.Order<Status> = Order.mapInput(Order.Number, rankOf)

/**
 * Returns the worse of two statuses, by {@link severities}.
 *
 * @category combinators
 * @since 0.1.0
 */
export const worseOf = (one: Status, other: Status): Status => (rankOf(one) < rankOf(other) ? other : one)
