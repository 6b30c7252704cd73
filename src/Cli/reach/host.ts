import type * as Layer from "effect/Layer"
import type * as Socket from "effect/socket/Socket"
import { didYouMean } from "../../Message/index.ts"
import type { FileDevice } from "../../Serve/index.ts"
import type { DeviceAddress, DeviceOptions } from "../../Site/index.ts"
import { type Credentials, dial } from "../../Site/node/index.ts"

/** A device, and the way to reach it. */
export interface Host {
  readonly address: DeviceAddress.DeviceAddress
  /** The displayed name: `dish-7:7147`, or its name in the site file. */
  readonly text: string
  /** The displayed name in connection failures: a device of the site file with its address. */
  readonly where: string
  /** A hint for connection failures: similar names of devices. */
  readonly hint: string
  readonly dial: Layer.Layer<Socket.Socket>
  /** Its name in the site file, if any. */
  readonly device: string | undefined
  /** Its protocol in the site file, if given. */
  readonly protocol: string | undefined
  /** Its options in the site file, for a site: its description, its contract and the options of its client. */
  readonly options: Omit<DeviceOptions, "socket" | "address">
}

/** Returns the host at an address; `book` is the address book that does not contain the name. */
export const hostAt = (
  address: DeviceAddress.DeviceAddress,
  credentials: Credentials,
  book?: { readonly names: ReadonlyArray<string> }
): Host => ({
  address,
  text: address.text,
  where: address.text,
  hint: book === undefined || address._tag !== "Tcp" ? "" : didYouMean(address.host, book.names),
  dial: dial(address, credentials),
  device: undefined,
  protocol: undefined,
  options: {}
})

/** Returns a device of the address book. Credentials of flags take precedence over the file. */
export const hostIn = ({ address, credentials, name, options, protocol }: FileDevice, flags: Credentials): Host => ({
  address,
  text: name,
  where: `${name} (${address.text})`,
  hint: "",
  dial: dial(address, { ...credentials, ...flags }),
  device: name,
  protocol,
  options
})

/**
 * Returns the words of a command, with the device first: that of the environment (`KATCP_SERVER`) is prepended, unless
 * the first word has a colon, or an inner `/`, which KATCP names cannot have.
 */
export const withServer = (words: ReadonlyArray<string>, environment: string | undefined): ReadonlyArray<string> => {
  const [first] = words
  const isOwn = first !== undefined && !first.startsWith("/") && /[:/]/.test(first)
  return environment === undefined || environment === "" || isOwn ? words : [environment, ...words]
}
