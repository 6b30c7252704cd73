import { type NetworkInterfaceInfo, networkInterfaces } from "node:os"

/**
 * Returns the address of a listener for people and clients. A listener at all addresses of this machine (`0.0.0.0`,
 * `::`) has no address to open: the first one that other machines can reach takes its place, or `localhost`.
 *
 * Also `localhost` if the process may not list the addresses: a systemd unit with `RestrictAddressFamilies=` without
 * `AF_NETLINK` forbids it, as the one in `deploy` does.
 */
export const reachable = (url: string, addresses: Addresses = networkInterfaces): string =>
  url.replace(/\/\/(?:0\.0\.0\.0|\[::\])(?=[:/]|$)/, () => `//${ownAddress(addresses) ?? "localhost"}`)

/** The addresses of the interfaces of this machine, as `networkInterfaces` of `node:os` returns or throws. */
type Addresses = () => NodeJS.Dict<Array<Pick<NetworkInterfaceInfo, "family" | "internal" | "address">>>

const ownAddress = (addresses: Addresses): string | undefined => {
  try {
    return Object.values(addresses())
      .flatMap((all) => all ?? [])
      .find(({ family, internal }) => family === "IPv4" && !internal)?.address
  } catch {
    return undefined
  }
}
