import * as Schema from "effect/Schema"

/*
 * The names in requests of clients. Other text would get into audit records, and be no name that `withhold` can list.
 * They are bounded, because records and errors repeat them. Not measured: names of devices have some ten characters.
 */

/** The form of a device's name. */
export const devicePattern = /^[A-Za-z][A-Za-z0-9-]{0,63}$/
const deviceText = "expected the name of a device: a letter, then letters, digits and -"
/** The form of a request's name (Rev 5.1 §2.1). */
export const requestPattern = /^[A-Za-z][A-Za-z0-9-]{0,255}$/
const requestText = "expected the name of a request: a letter, then letters, digits and -"

/** The name of a device in a path. */
export const DeviceName = Schema.String.check(Schema.isPattern(devicePattern, { message: deviceText }))
/** The name of a request in a path. */
export const RequestName = Schema.String.check(Schema.isPattern(requestPattern, { message: requestText }))

/** Returns the fault of the names in a request, for people, or `undefined`. */
export const nameFault = (device: string, request: string): string | undefined => {
  if (!devicePattern.test(device)) return `device: ${deviceText}`
  return requestPattern.test(request) ? undefined : `request: ${requestText}`
}
