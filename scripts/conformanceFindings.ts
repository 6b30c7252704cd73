/**
 * The deviations of the Python libraries from the specification, with the checks that find them, or why none can. Each
 * entry was compared with the text: the clause is in the check.
 */
import type { DeviceId } from "./conformance.ts"

/** A deviation of a library: the devices that have it, and the checks that find it. */
export interface Finding {
  readonly devices: ReadonlyArray<DeviceId>
  readonly checks: ReadonlyArray<string>
  readonly what: string
}

export const findings: ReadonlyArray<Finding> = [
  {
    devices: ["aio", "kp", "kp4"],
    checks: ["kind-003"],
    what: "An unexpected reply is ignored; the device should send `#log error`."
  },
  { devices: ["aio"], checks: ["help-011"], what: "There is no `?restart`, which every device must have." },
  { devices: ["aio"], checks: ["log-008"], what: "The log level `trace` is unknown." },
  {
    devices: ["kp", "kp4"],
    checks: ["wire-006", "wire-007"],
    what: "A line of blanks, which should be ignored, is answered with `#log error`."
  },
  {
    devices: ["kp", "kp4"],
    checks: ["wire-023", "echo-013"],
    what: "After an argument that is not UTF-8, the connection gets no more replies; the specification allows all bytes."
  },
  {
    devices: ["kp"],
    checks: ["id-016", "id-017"],
    what: "Ids of 0 and with leading zeros, which the grammar excludes, are accepted."
  },
  {
    devices: ["kp", "kp4"],
    checks: ["client-007", "client-008"],
    what: "`#client-connected` is never sent."
  },
  {
    devices: ["kp", "kp4"],
    checks: ["log-009", "log-011"],
    what: "`?log-level all` replies with a failure, but sets the level."
  },
  {
    devices: ["kp", "kp4"],
    checks: ["refuse-013"],
    what: "`differential`, which is only for integers and floats, is accepted for timestamps."
  },
  {
    devices: ["kp", "kp4"],
    checks: ["restart-006", "halt-006"],
    what: "A request in progress gets no reply when the device ends; every request should have one."
  },
  {
    devices: ["kp4"],
    checks: ["list-011"],
    what: "A sensor of type `address`, which is new in version 5, is listed in version 4."
  }
]

/** A deviation that is known from the source of a library, and that a client cannot see. */
interface Unseen {
  readonly devices: ReadonlyArray<DeviceId>
  readonly what: string
  readonly why: string
}

export const unseen: ReadonlyArray<Unseen> = [
  {
    devices: ["kp", "kp4"],
    what: "The parts of the socket address of a client are joined by colons, which is not a KATCP address for IPv6.",
    why: "the server listens on IPv4 alone; client-004 would find it"
  },
  {
    devices: ["aio"],
    what: "A record at a level between the standard ones is sent as `#log off`.",
    why: "only code in the device can log at such a level; no request can"
  }
]
