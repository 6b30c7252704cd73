import { Arg } from "../Codec/index.ts"
import { make, type Sensor } from "./Sensor.ts"
import type { Status } from "./Status.ts"

/**
 * How well a unit works (Rev 5.1 appendix B.2, Table 14): in full, with less performance or reliability, not at all.
 *
 * @category models
 * @since 0.1.0
 */
export type Health = "ok" | "degraded" | "fail"

/** The status that goes with each (Table 14). */
export const statusOfHealth: { readonly [H in Health]: Status } = { ok: "nominal", degraded: "warn", fail: "error" }

/**
 * The sensor `device-status` that each MeerKAT unit has (Rev 5.1 appendix B.2): `ok`, `degraded` or `fail`, and with
 * them `nominal`, `warn` or `error`. It begins with `ok`. Set it by hand, or derive it by `Derived.deviceStatus`.
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
