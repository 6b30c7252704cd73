import type * as Duration from "effect/Duration"
import type * as Layer from "effect/Layer"
import type * as Socket from "effect/socket/Socket"
import type { Options as ClientOptions } from "../Client/index.ts"
import type { ContractDescription, ContractItems } from "../Interface/index.ts"
import type { Selection } from "./Selection.ts"

/**
 * The contract of a device: an `Interface`, or its description.
 *
 * @category models
 * @since 0.1.0
 */
export type DeviceContract =
  | ContractDescription
  | (ContractItems & { readonly id: string; readonly version: string; readonly build: string })

/**
 * A device of a site: its connection, and options of its client.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeviceOptions {
  /** The Socket that the client dials: `NodeClient.tcp({ host, port })`. */
  readonly socket: Layer.Layer<Socket.Socket>
  /** The address for people, in errors and in the state of the device. Default: that of the Socket. */
  readonly address?: string | undefined
  /** A description of the device, for people. */
  readonly description?: string | undefined
  /**
   * The contract of the device: an `Interface`, or its description. It adds the types of arguments and the roles of
   * requests to the lists of the device itself. Default: only the lists and help texts of the device.
   */
  readonly contract?: DeviceContract | undefined
  /** Options of the client. The client always connects in the background and inspects the device. */
  readonly client?: Omit<ClientOptions, "connecting" | "inspect" | "mirrorObserver"> | undefined
}

/**
 * A device of a site: a Socket to dial, or a Socket with options.
 *
 * @category models
 * @since 0.1.0
 */
export type DeviceInput = Layer.Layer<Socket.Socket> | DeviceOptions

/**
 * The limits of a site. Anything beyond them is refused and counted.
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
  /** Bytes of those changes together, including their values. Default 64 MiB. */
  readonly ringBytes?: number | undefined
}

/**
 * Options of a site.
 *
 * @category models
 * @since 0.1.0
 */
export interface SiteOptions {
  /** The devices by name: a letter, then letters, digits and `-`. More can be added while the site runs. */
  readonly devices?: Readonly<Record<string, DeviceInput>> | undefined
  /** The mirrored sensors, and their strategies. Default: all, with `auto`. */
  readonly selection?: Selection | undefined
  /**
   * The number of devices that are connected to at the same time. Default 16. Devices whose last attempt failed have at
   * most half of these places, and 200 attempts a second in all. A device that has not answered within a quarter of a
   * second gives its place to the next one; at most 512 devices wait so.
   */
  readonly concurrency?: number | undefined
  /** The limits of the site. */
  readonly limits?: Limits | undefined
}
