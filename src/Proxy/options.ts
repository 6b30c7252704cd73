import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import type { Options as ServerOptions } from "../Server/index.ts"
import type { Allow, SiteDevice } from "../Site/index.ts"
import type { SensorRule } from "./SensorRule.ts"

/**
 * Options of a proxy.
 *
 * @category models
 * @since 0.1.0
 */
export interface ProxyOptions {
  /** The name of the device that clients see in `#version-connect`. Default `proxy`. */
  readonly name?: string | undefined
  /**
   * The id that proxies use to detect loops, in the sensor `proxy.path`: letters, digits and `-`. Every proxy needs its
   * own. Default: a random one, which changes at each start.
   */
  readonly id?: string | undefined
  /** The requests that are passed on to the devices. Default none. */
  readonly requests?: Allow.Allow | undefined
  /**
   * Names and descriptions of sensors: the first matching rule decides. By default, and for sensors that no rule
   * matches, a sensor is served as `device.sensor`.
   */
  readonly sensors?: ReadonlyArray<SensorRule> | undefined
  /**
   * The device whose sensors and requests keep their names. Only for a site of this one device. Default: none, so all
   * names begin with that of their device.
   */
  readonly transparent?: string | undefined
  /**
   * The interval of updating the proxy's own figures (`proxy.m000.updates`, …), if they have changed. Default 1 second.
   */
  readonly figuresEvery?: Duration.Input | undefined
  /**
   * The text of an additional sensor for each device, `proxy.m000.state`: for programs that show the devices of this
   * proxy as their own, as the runners of a fleet do. It is called whenever the state of the device has changed, and
   * whenever figures are updated. Default: no such sensor.
   */
  readonly state?: ((device: SiteDevice) => string) | undefined
  /** The options of its server: protocol, access rules, limits, …. */
  readonly server?: ServerOptions | undefined
}

/**
 * A proxy cannot serve the site with its options.
 *
 * @category errors
 * @since 0.1.0
 */
export class ProxyRefused extends Schema.TaggedError<ProxyRefused>("katcp/ProxyRefused")("ProxyRefused", {
  /** The fault, with all names and rules that it involves, and a remedy. */
  message: Schema.String
}) {}
