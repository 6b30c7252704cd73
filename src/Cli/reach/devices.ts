/** The devices of a command: `[NAME=]ADDRESS …`, with their names. */
import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import { type DeviceInput, Target } from "../../Site/index.ts"
import { cannotRun } from "../Failure.ts"
import { type Dialling, hostsServed } from "./targets.ts"

/** The devices of a command that serves or records them; `where` their names are visible, for people. */
export const devicesArgument = (where: string) =>
  Argument.String("[NAME=]ADDRESS").pipe(
    Argument.withDescription(
      `The devices: addresses, a site file, names or globs of the site file. NAME= sets the name of a device ${where}; default: its name in the site file, or its host`
    ),
    Argument.variadic()
  )

/** Returns the devices of the words; without words, that of `KATCP_SERVER`. */
export const devicesIn = Effect.fnUntraced(function* (dialling: Dialling, given: ReadonlyArray<string>) {
  const server = process.env.KATCP_SERVER ?? ""
  const words = given.length === 0 && server !== "" ? [server] : given
  const devices: Record<string, DeviceInput> = {}
  for (const word of words) {
    const [, name, address = word] = /^([A-Za-z][A-Za-z0-9-]*)=(.*)$/s.exec(word) ?? []
    const hosts = yield* hostsServed(dialling, address)
    if (name !== undefined && hosts.length !== 1)
      return yield* cannotRun(`${word}: a name is for one device, and ${address} matches ${hosts.length}`)
    for (const host of hosts) {
      const chosen = name ?? host.device ?? nameOf(host.text, devices)
      if (chosen in devices) return yield* cannotRun(`two devices are called ${chosen}: write NAME=${host.text}`)
      devices[chosen] = { ...host.options, socket: host.dial, address: host.where }
    }
  }
  if (Object.keys(devices).length === 0)
    return yield* cannotRun("name the devices: HOST:PORT …, or set KATCP_SERVER in the environment")
  return devices
})

/** Returns a name for a device at an address: its host, with the port if another device has that name. */
export const nameOf = (address: string, taken: Readonly<Record<string, unknown>>): string => {
  const plain = (text: string) => {
    const name = text.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-+|-+$/g, "")
    return Target.isDeviceName(name) ? name : `d-${name}`
  }
  const short = plain(address.replace(/^\w+:\/\//, "").replace(/:\d+.*$/, ""))
  return short in taken ? plain(address) : short
}
