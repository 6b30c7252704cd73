import type * as Duration from "effect/Duration"
import type * as Layer from "effect/Layer"
import type * as Socket from "effect/socket/Socket"
import type { Options as ClientOptions } from "../Client/index.ts"
import type { ContractDescription, ContractItems } from "../Interface/index.ts"
import type { Selection } from "./Selection.ts"

/**
 * The contract of a device: an `Interface`, or the description of one.
 *
 * @category models
 * @since 0.1.0
 */
export type DeviceContract =
  | ContractDescription
  | (ContractItems & { readonly id: string; readonly version: string; readonly build: string })

/**
 * A device of a site: how it is reached, and how its client deals with it.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeviceOptions {
  /** The Socket that the client dials: `NodeClient.tcp({ host, port })`. */
  readonly socket: Layer.Layer<Socket.Socket>
  /** The address for people, in errors and in the state of the device. By default the one that the Socket tells. */
  readonly address?: string | undefined
  /** What the device is, for people. */
  readonly description?: string | undefined
  /**
   * The contract of the device: an `Interface`, or the description of one. It adds the types of arguments and the roles of requests to
   * what the device says itself. Default: the device's help texts are all that is known.
   */
  readonly contract?: DeviceContract | undefined
  /**
   * How the client deals with the device. The client connects in the background and inspects the device, whatever
   * these options say.
   */
  readonly client?: Omit<ClientOptions, "connecting" | "inspect" | "mirrorObserver"> | undefined
}

/**
 * A device of a site: a Socket to dial, or that with options.
 *
 * @category models
 * @since 0.1.0
 */
export type DeviceInput = Layer.Layer<Socket.Socket> | DeviceOptions

/**
 * The bounds of a site. What is past one is refused and counted, never grown.
 *
 * @category models
 * @since 0.1.0
 */
export interface Limits {
  /** Devices. Default 1,000. */
  readonly devices?: number | undefined
  /** Sensors of all devices together. Default 1,000,000. */
  readonly sensors?: number | undefined
  /** Sensors of one device. Default 200,000. */
  readonly sensorsPerDevice?: number | undefined
  /** Removals that are kept for slow readers. Default 100,000. */
  readonly removals?: number | undefined
  /** How long a removal is kept. Default 10 minutes. */
  readonly removalAge?: Duration.Input | undefined
  /** Changes that are kept for feeds. Default 262,144. */
  readonly ringChanges?: number | undefined
  /** Bytes that they may take together, their values included. Default 64 MiB. */
  readonly ringBytes?: number | undefined
}

/**
 * What a site is made of.
 *
 * @category models
 * @since 0.1.0
 */
export interface SiteOptions {
  /** The devices by name: a letter, then letters, digits and `-`. More can be added while the site runs. */
  readonly devices?: Readonly<Record<string, DeviceInput>> | undefined
  /** Which sensors are mirrored, and how they are sampled. Default all of them, by `auto`. */
  readonly selection?: Selection | undefined
  /** How many devices are connected to at a time. Default 16. */
  readonly concurrency?: number | undefined
  /** The bounds of the site. */
  readonly limits?: Limits | undefined
}
