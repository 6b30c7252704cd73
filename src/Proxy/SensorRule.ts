import type * as Sensor from "../Sensor/index.ts"
import { type Pattern, patternOf } from "../Site/index.ts"
import { ProxyRefused } from "./options.ts"

/**
 * Changes to a sensor on its way through a proxy. Absent ones stay as on the device.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rewrite {
  /** The description. */
  readonly doc?: string | undefined
  /** The units. */
  readonly units?: string | undefined
  /**
   * The served value for a value of the device. It must fit the sensor's type: if it does not, or if the function
   * throws, clients get the status `failure`.
   */
  readonly value?: ((value: unknown) => unknown) | undefined
}

/**
 * A rule of a proxy, for the sensors that it matches.
 *
 * @category models
 * @since 0.1.0
 */
export interface SensorRule {
  /** The sensors: a glob over `device/sensor`, or a regular expression (text that begins with `/`, or a RegExp). */
  readonly match: string | RegExp
  /**
   * The name of the sensor on the proxy, or several; `{device}` and `{sensor}` stand for its names. `false` omits the
   * sensor. Default `{device}.{sensor}`, or `{sensor}` for the device of a transparent proxy.
   */
  readonly as?: string | ReadonlyArray<string> | false | undefined
  /**
   * Rewrites the sensor. It is called once for each sensor, and again if the device changes its definition. If it
   * throws, the sensor is not served, and `proxy.conflicts` reports it.
   */
  readonly rewrite?: ((definition: Sensor.Any, device: string) => Rewrite) | undefined
}

/**
 * The destination of a sensor of a device: its names on the proxy, and the rule for them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Destination {
  /** The names on the proxy. Empty if the sensor is not served. */
  readonly names: ReadonlyArray<string>
  /** The index of the rule; undefined if none matched. */
  readonly rule: number | undefined
  /** The rewriting of the rule. */
  readonly rewrite: SensorRule["rewrite"]
}

interface Compiled {
  readonly pattern: Pattern
  readonly as: ReadonlyArray<string> | undefined
  readonly rewrite: SensorRule["rewrite"]
}

/** The compiled rules of a proxy: a pure function of names. */
export class SensorRules {
  private readonly rules: ReadonlyArray<Compiled>
  private readonly transparent: string | undefined

  /** Throws a `ProxyRefused` with the first malformed rule. */
  constructor(rules: ReadonlyArray<SensorRule>, transparent: string | undefined) {
    this.transparent = transparent
    this.rules = rules.map(({ as, match, rewrite }, index) => {
      const where = `rule ${index + 1} of the proxy's sensors (${String(match)})`
      try {
        const names = as === false ? [] : typeof as === "string" ? [as] : as
        for (const name of names ?? []) checkTemplate(name)
        return { pattern: patternOf(match), as: names, rewrite }
      } catch (error) {
        throw new ProxyRefused({ message: `${where}: ${error instanceof Error ? error.message : error}` })
      }
    })
  }

  /** Returns the destination of a sensor. */
  of(device: string, sensor: string): Destination {
    const rule = this.rules.findIndex(({ pattern }) => pattern.matches(device, sensor))
    const found = this.rules[rule]
    return {
      names:
        found?.as === undefined
          ? [device === this.transparent ? sensor : `${device}.${sensor}`]
          : [...new Set(found.as.map((name) => name.replaceAll("{device}", device).replaceAll("{sensor}", sensor)))],
      rule: found === undefined ? undefined : rule,
      rewrite: found?.rewrite
    }
  }

  /**
   * Returns the first name that rules give to the same sensor of two devices, with both origins; undefined if the rules
   * alone show no collision.
   */
  collision(devices: ReadonlyArray<string>): string | undefined {
    for (const { as, pattern } of this.rules) {
      const { exact } = pattern
      if (exact === undefined) continue
      const [one, other] = devices.filter((device) => pattern.matches(device, exact))
      const name = as?.find((name) => !name.includes("{device}"))
      if (one === undefined || other === undefined || name === undefined) continue
      return `${one}/${exact} and ${other}/${exact} would both be ${name.replaceAll("{sensor}", exact)}: put {device} into the name`
    }
    return undefined
  }
}

const checkTemplate = (name: string): void => {
  if (name === "") throw new TypeError("a name is empty")
  const [unknown] =
    name
      .replaceAll("{device}", "")
      .replaceAll("{sensor}", "")
      .match(/\{[^}]*\}?/) ?? []
  if (unknown !== undefined)
    throw new TypeError(`${unknown} in the name ${JSON.stringify(name)} has no meaning: use {device} and {sensor}`)
  if (/\s/.test(name)) throw new TypeError(`the name ${JSON.stringify(name)} has white space`)
}
