import * as Order from "effect/Order"
import * as Schema from "effect/Schema"

/**
 * The statuses of a reading, in the order of the specification, by which the Python libraries number them from 0
 * (Rev 5.1 §7, Table 8). All seven go out in version 4 too, as katcp-python does it.
 *
 * @category constants
 * @since 0.1.0
 */
export const statuses = ["unknown", "nominal", "warn", "error", "failure", "unreachable", "inactive"] as const

/**
 * The status of a reading (Rev 5.1 §7, Table 8): `unknown` until the first reading, `nominal`, `warn` (outside the
 * nominal range), `error` (critical), `failure` (cannot be read, and that will last), `unreachable` (only for sensors of
 * another device that this one passes on), `inactive` (not in use now, which is no failure).
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
 * Whether the value of a reading with this status is a valid one: of `nominal`, `warn` and `error` it is
 * (Rev 5.1 §7, Table 8). For the others the value still is of the sensor's type, and means nothing.
 *
 * @category guards
 * @since 0.1.0
 */
export const isValid = (status: Status): boolean => status === "nominal" || status === "warn" || status === "error"

const places: ReadonlyMap<string, number> = new Map(statuses.map((status, place) => [status, place]))

/**
 * Whether text is the name of a status.
 *
 * @category guards
 * @since 0.1.0
 */
export const isStatus = (text: string): text is Status => places.has(text)

/**
 * Statuses by their place in {@link statuses}.
 *
 * @category instances
 * @since 0.1.0
 */
export const statusOrder: Order.Order<Status> = Order.mapInput(Order.Number, (status: Status) => places.get(status)!)

/**
 * The statuses from the mildest to the worst: `inactive` is no failure, `unknown` (not read yet) hides less than `warn`
 * tells, and where the value cannot be relied on is worse than an `error` that was measured (Rev 5.1 §7, Table 8).
 *
 * @category constants
 * @since 0.1.0
 */
export const severities = ["inactive", "nominal", "unknown", "warn", "error", "unreachable", "failure"] as const

const ranks: ReadonlyMap<string, number> = new Map(severities.map((status, rank) => [status, rank]))

/** The place of a status in {@link severities}. */
export const rankOf = (status: Status): number => ranks.get(status)!

/**
 * Statuses by how bad they are: their place in {@link severities}.
 *
 * @category instances
 * @since 0.1.0
 */
export const severityOrder: Order.Order<Status> = Order.mapInput(Order.Number, rankOf)

/**
 * The worse of two statuses, by {@link severities}.
 *
 * @category combinators
 * @since 0.1.0
 */
export const worseOf = (one: Status, other: Status): Status => (rankOf(one) < rankOf(other) ? other : one)
