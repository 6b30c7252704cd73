import * as Schema from "effect/Schema"

/** The roles. Each has the permissions of those before it. */
const roles = ["none", "read", "control", "admin"] as const

/**
 * The permissions of a client, from least to most. `none`: nothing, not even a connection. `read`: requests that change
 * nothing for others (help, lists, values, sampling, watchdog). `control`: also the requests of the contract. `admin`:
 * also halt, restart, setting the log level, and the requests that the contract reserves for it. The value is the
 * Schema.
 *
 * @category access
 * @since 0.1.0
 */
export type Role = (typeof roles)[number]

/**
 * The Schema of a role.
 *
 * @category access
 * @since 0.1.0
 */
export const Role: Schema.Literals<typeof roles> = Schema.Literals(roles)

/**
 * A role that a request can require.
 *
 * @category access
 * @since 0.1.0
 */
export type RequestRole = Exclude<Role, "none">

const rank: Readonly<Record<Role, number>> = { none: 0, read: 1, control: 2, admin: 3 }

/**
 * Returns `true` if a client with the role `held` may make a request that needs the role `needed`.
 *
 * @category access
 * @since 0.1.0
 */
export const permits = (held: Role, needed: Role): boolean => rank[held] >= rank[needed]

/** The roles of the standard requests. Those in `asking` need only `read` without arguments. */
const standard: ReadonlyMap<string, RequestRole> = new Map([
  ["client-list", "read"],
  ["halt", "admin"],
  ["help", "read"],
  ["log-default", "admin"],
  ["log-level", "admin"],
  ["log-limit", "read"],
  ["log-local", "read"],
  ["log-override", "admin"],
  ["request-timeout-hint", "read"],
  ["restart", "admin"],
  ["sensor-list", "read"],
  ["sensor-sampling", "read"],
  ["sensor-sampling-clear", "read"],
  ["sensor-value", "read"],
  ["version-list", "read"],
  ["watchdog", "read"]
])
/** Without arguments these return a level; with one they set it for all clients. */
const asking: ReadonlySet<string> = new Set(["log-default", "log-level", "log-override"])

/**
 * Returns the role that a client needs for a request: that of the contract, otherwise that of the standard request of
 * this name, otherwise `control`. `?log-level`, `?log-default` and `?log-override` without arguments only return the
 * level and need `read`. `count` is the number of arguments, 1 by default.
 *
 * @category access
 * @since 0.1.0
 */
export const roleNeeded = (
  { name, role }: { readonly name: string; readonly role?: RequestRole | undefined },
  count = 1
): RequestRole => role ?? (count === 0 && asking.has(name) ? "read" : (standard.get(name) ?? "control"))

const stated = /\bNeeds the role (read|control|admin)\./

const isHigher = (name: string, role: RequestRole | undefined): role is RequestRole =>
  role !== undefined && rank[role] > rank[roleNeeded({ name })]

/**
 * Returns the sentence by which the help text of a request tells that its contract states a higher role than the usual one;
 * an empty text if it states none.
 */
export const roleText = ({ name, role }: { readonly name: string; readonly role?: RequestRole | undefined }): string =>
  isHigher(name, role) ? `Needs the role ${role}.` : ""

/**
 * Returns the role that the help text of a request tells (`Needs the role admin.`), as servers of this library write it;
 * `undefined` if it tells none. A text cannot lower a role: one below that of {@link roleNeeded} counts as none.
 *
 * @category access
 * @since 0.1.0
 */
export const roleInHelp = (name: string, help: string): RequestRole | undefined => {
  const role = stated.exec(help)?.[1] as RequestRole | undefined
  return isHigher(name, role) ? role : undefined
}
