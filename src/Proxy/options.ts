import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import type { Options as ServerOptions } from "../Server/index.ts"
import type { Allow, SiteDevice } from "../Site/index.ts"
import type { SensorRule } from "./SensorRule.ts"

/**
 * How a proxy serves a site.
 *
 * @category models
 * @since 0.1.0
 */
export interface ProxyOptions {
  /** The name of the device that clients see in `#version-connect`. Default `proxy`. */
  readonly name?: string | undefined
  /**
   * The id by which proxies find loops, in the sensor `proxy.path`: letters, digits and `-`. Every proxy needs its own.
   * Default: one made at random, so a proxy that starts again has another.
   */
  readonly id?: string | undefined
  /** The requests that are passed on to the devices. Default none. */
  readonly requests?: Allow.Allow | undefined
  /**
   * How sensors are named and described: the first rule that matches a sensor decides. By default, and for sensors that no
   * rule matches, a sensor is served as `device.sensor`.
   */
  readonly sensors?: ReadonlyArray<SensorRule> | undefined
  /**
   * The device whose sensors and requests keep their names. Only for a site of this one device. Default: none, all names
   * begin with that of their device.
   */
  readonly transparent?: string | undefined
  /** How often the proxy's own figures (`proxy.m000.updates`, …) are set, if they have changed. Default 1 second. */
  readonly figuresEvery?: Duration.Input | undefined
  /**
   * The text of one sensor more for each device, `proxy.m000.state`: for programs that show the devices of this proxy as
   * their own, as the runners of a fleet do. It is called whenever the state of the device has changed, and as often as
   * figures are set. Default: there is no such sensor.
   */
  readonly state?: ((device: SiteDevice) => string) | undefined
  /** The options of its server: protocol, access rules, bounds, …. */
  readonly server?: ServerOptions | undefined
}

/**
 * A proxy cannot serve the site as its options say.
 *
 * @category errors
 * @since 0.1.0
 */
export class ProxyRefused extends Schema.TaggedError<ProxyRefused>("katcp/ProxyRefused")("ProxyRefused", {
  /** What is wrong, with all names and rules that have to do with it, and what to do. */
  message: Schema.String
}) {}
