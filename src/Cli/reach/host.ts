import type * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type * as Socket from "effect/socket/Socket"
import { DeviceAddress } from "../../Site/index.ts"
import { type Credentials, dial } from "../../Site/node/index.ts"
import { cannotRun, type Failure } from "../Failure.ts"

/** A device, and how it is reached. */
export interface Host {
  readonly address: DeviceAddress.DeviceAddress
  /** As it is shown: `dish-7:7147`, or its name in the site file. */
  readonly text: string
  /** As it is shown where connecting fails: a device of the site file with its address. */
  readonly where: string
  readonly dial: Layer.Layer<Socket.Socket>
  /** Its name, if it is of a site file. */
  readonly device: string | undefined
  /** What it speaks, if the site file says so. */
  readonly protocol: string | undefined
}

/** The host at an address. */
export const hostAt = (address: DeviceAddress.DeviceAddress, credentials: Credentials = {}): Host => ({
  address,
  text: address.text,
  where: address.text,
  dial: dial(address, credentials),
  device: undefined,
  protocol: undefined
})

/** An address that a user has written. */
export const parseAddress = (text: string): Result.Result<DeviceAddress.DeviceAddress, Failure> =>
  Result.mapError(DeviceAddress.parse(text), ({ message }) => cannotRun(message))

/**
 * The words of a command, with the device first: that of the environment (`KATCP_SERVER`) is put before them, unless the
 * first word has a colon, or a `/` within, which no name of KATCP has.
 */
export const withServer = (words: ReadonlyArray<string>, environment: string | undefined): ReadonlyArray<string> => {
  const [first] = words
  const isOwn = first !== undefined && !first.startsWith("/") && /[:/]/.test(first)
  return environment === undefined || environment === "" || isOwn ? words : [environment, ...words]
}
