import type * as Layer from "effect/Layer"
import type * as Socket from "effect/socket/Socket"
import { didYouMean } from "../../Message/index.ts"
import type { FileDevice } from "../../Serve/index.ts"
import type { DeviceAddress, DeviceOptions } from "../../Site/index.ts"
import { type Credentials, dial } from "../../Site/node/index.ts"

/** A device, and how it is reached. */
export interface Host {
  readonly address: DeviceAddress.DeviceAddress
  /** As it is shown: `dish-7:7147`, or its name in the site file. */
  readonly text: string
  /** As it is shown where connecting fails: a device of the site file with its address. */
  readonly where: string
  /** What to say beside a failure to connect: names of devices that are like it. */
  readonly hint: string
  readonly dial: Layer.Layer<Socket.Socket>
  /** Its name, if it is of a site file. */
  readonly device: string | undefined
  /** What it speaks, if the site file says so. */
  readonly protocol: string | undefined
  /** What the site file says of it, for a site: its description, its contract, how its client deals with it. */
  readonly options: Omit<DeviceOptions, "socket" | "address">
}

/** The host at an address; `book` is where a device of that name was looked for, without being there. */
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

/** A device of the address book; what flags say of credentials goes before what the file says. */
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
 * The words of a command, with the device first: that of the environment (`KATCP_SERVER`) is put before them, unless the
 * first word has a colon, or a `/` within, which no name of KATCP has.
 */
export const withServer = (words: ReadonlyArray<string>, environment: string | undefined): ReadonlyArray<string> => {
  const [first] = words
  const isOwn = first !== undefined && !first.startsWith("/") && /[:/]/.test(first)
  return environment === undefined || environment === "" || isOwn ? words : [environment, ...words]
}
