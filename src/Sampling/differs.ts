import type { Reading } from "../Sensor/index.ts"
import type { Sampled } from "./Machine.ts"

/**
 * Returns `true` if two numbers differ by more than a difference. NaN differs from every number, but not from NaN
 * (Q-08).
 */
const isFarther = (one: number | bigint, other: number | bigint, difference: number | bigint): boolean => {
  if (typeof one === "number" && typeof other === "number") {
    const distance = Math.abs(one - other)
    if (Number.isNaN(distance)) return one !== other && !(Number.isNaN(one) && Number.isNaN(other))
    // above that, the difference of two exact integers is not exact
    if (distance <= Number.MAX_SAFE_INTEGER || !(Number.isSafeInteger(one) && Number.isSafeInteger(other)))
      return distance > difference
  }
  const distance = BigInt(one) - BigInt(other)
  return (distance < 0n ? -distance : distance) > difference
}

/**
 * Returns `true` if a reading differs from the last reported one: in status, or in value by more than the difference,
 * or in value at all without a difference (P-221, P-223).
 */
export const differs = (
  sensor: Sampled,
  difference: number | bigint | undefined,
  sent: Reading<unknown>,
  { status, value }: Reading<unknown>
): boolean => {
  if (sent.status !== status) return true
  return difference === undefined
    ? !sensor.equals(sent.value, value)
    : isFarther(sent.value as number | bigint, value as number | bigint, difference)
}
