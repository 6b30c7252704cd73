/**
 * Requests that change the connection on which they arrive: its subscriptions, its log level, its name, its end. All
 * clients of a site share its connection to a device, so one client would change it for all others.
 */
const ofConnection: ReadonlySet<string> = new Set([
  "client-config",
  "client-halt",
  "client-rename",
  "log-limit",
  "log-local",
  "sensor-sampling",
  "sensor-sampling-clear"
])

/**
 * Returns `true` for a request that is never passed on to a device, whatever an allow list or a role says. The request
 * would change the site's own connection, which all clients share. These are `sensor-sampling`,
 * `sensor-sampling-clear`, `log-limit`, `log-local`, `client-config`, `client-halt` and `client-rename`.
 *
 * @category requests
 * @since 0.1.0
 */
export const isNeverPassed = (request: string): boolean => ofConnection.has(request)
