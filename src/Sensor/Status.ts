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
