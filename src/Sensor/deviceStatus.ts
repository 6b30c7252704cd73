import { Arg } from "../Codec/index.ts"
import { make, type Sensor } from "./Sensor.ts"
import type { Status } from "./Status.ts"

/**
 * The health of a unit (Rev 5.1 appendix B.2, Table 14): fully working, with less performance or reliability, or not
 * working.
 *
 * @category models
 * @since 0.1.0
 */
export type Health = "ok" | "degraded" | "fail"

/** The status of each health (Table 14). */
export const statusOfHealth: { readonly [H in Health]: Status } = { ok: "nominal", degraded: "warn", fail: "error" }

/**
 * The sensor `device-status` of each MeerKAT unit (Rev 5.1 appendix B.2): `ok`, `degraded` or `fail`, with the status
 * `nominal`, `warn` or `error`. It begins with `ok`. Set it in the program, or derive it by `Derived.deviceStatus`.
 *
 * @category sensors
 * @since 0.1.0
 */
export const deviceStatus: Sensor<"device-status", Health> = make("device-status", {
  type: Arg.Discrete("ok", "degraded", "fail"),
  doc: "Health of the device: ok, degraded (less performance or reliability) or fail (unusable).",
  initial: "ok",
  statusFrom: (health) => statusOfHealth[health]
})
