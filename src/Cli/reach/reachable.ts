import { networkInterfaces } from "node:os"

/**
 * Returns the address of a listener for people and clients. A listener at all addresses of this machine (`0.0.0.0`,
 * `::`) has no address to open: the first one that other machines can reach takes its place, or `localhost`.
 */
export const reachable = (url: string): string =>
  url.replace(/\/\/(?:0\.0\.0\.0|\[::\])(?=[:/]|$)/, () => {
    const [own] = Object.values(networkInterfaces()).flatMap((all) =>
      (all ?? []).filter(({ family, internal }) => family === "IPv4" && !internal)
    )
    return `//${own?.address ?? "localhost"}`
  })
