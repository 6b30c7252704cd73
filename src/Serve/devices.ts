/** Converts the devices of a site file into the form of a site. */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Client from "../Client/index.ts"
import type { ResolvedDevice } from "../Fleet/index.ts"
import { causeOf, Protocol } from "../Message/index.ts"
import {
  DeviceAddress,
  type DeviceOptions,
  type DeviceSection,
  DevicesSection,
  millisecondsOf,
  Selection,
  versionText
} from "../Site/index.ts"
import { type Credentials, dial } from "../Site/node/index.ts"
import { concealed } from "./concealed.ts"
import { contractOf, credentialsOf } from "./deviceFiles.ts"
import { concealing, devicePrefix, type Environment, refers, substitute } from "./file/environment.ts"
import { type Fault, SiteFileError } from "./file/Fault.ts"
import { faultsIn } from "./file/faults.ts"
import { type Long, longOf } from "./longOf.ts"
import { rulesOf } from "./rules.ts"
import type { SiteFile } from "./sections.ts"

/**
 * A device of a site file.
 *
 * @category models
 * @since 0.1.0
 */
export interface FileDevice {
  readonly name: string
  readonly address: DeviceAddress.DeviceAddress
  /** The protocol of the device, if the file sets it. */
  readonly protocol: string | undefined
  readonly credentials: Credentials
  /** The device in the form of a site. */
  readonly options: DeviceOptions
  /** Equal for devices with equal connections: a reload does not touch a device whose key stays the same. */
  readonly key: string
}

/** Formats an address for people: the part after `?` may be a secret. */
const shown = (_tag: DeviceAddress.DeviceAddress["_tag"], text: string): string =>
  _tag === "WebSocket" ? text.replace(/\?.*$/, "?…") : text

/** The texts of a device for people: they never have the values of variables, which may be secrets. */
interface Shown {
  /** The address as written, if it refers to variables. */
  readonly address: string | undefined
  /** Replaces values by their references. */
  readonly conceal: (text: string) => string
  /** `false`: the author of the section may not read files of this machine, so errors do not quote them. */
  readonly isQuoted: boolean
}

const shownOf = (written: unknown, environment: Environment, isQuoted: boolean): Shown => {
  const address = typeof written === "string" ? written : (written as Partial<Long> | null | undefined)?.address
  return { address: refers(address) ? address : undefined, conceal: concealing(written, environment), isQuoted }
}

const deviceOf = (
  file: string,
  name: string,
  section: DeviceSection,
  { address: written, conceal, isQuoted }: Shown
): Result.Result<FileDevice, Fault> =>
  Result.gen(function* () {
    const long = longOf(section)
    const address = yield* Result.mapError(
      DeviceAddress.parse(long.address),
      ({ message }): Fault => ({
        path: `devices.${name}.address`,
        message: written === undefined ? message : `the value of ${written} is not an address: write HOST:PORT`
      })
    )
    const forPeople = shown(address._tag, written ?? address.text)
    if (long.tls !== undefined && (address._tag === "Unix" || !address.secure))
      return yield* Result.fail({
        path: `devices.${name}.tls`,
        message: `${forPeople} is dialled without TLS; tls is for katcps:// and wss://`
      })
    const credentials = yield* credentialsOf(file, name, long)
    const contract = yield* contractOf(file, name, long, isQuoted)
    const { alive, description, reconnectMax, timeout } = long
    const protocol = long.protocol === undefined ? undefined : versionText(long.protocol)
    const preset = protocol === undefined ? undefined : Protocol.parse(protocol)
    const milliseconds = (span: string | number) => millisecondsOf(span) ?? 0
    const client: DeviceOptions["client"] = {
      deviceLog: false,
      ...(preset?._tag === "Some" ? { protocol: preset.value } : {}),
      ...(timeout === undefined ? {} : { timeout: milliseconds(timeout) }),
      ...(alive === undefined
        ? {}
        : { alive: milliseconds(alive) === 0 ? Number.POSITIVE_INFINITY : milliseconds(alive) }),
      ...(reconnectMax === undefined ? {} : { reconnect: Client.backOff({ longest: milliseconds(reconnectMax) }) })
    }
    const { sensors: _, ...reached } = long
    const socket = dial(address, credentials)
    return {
      name,
      address,
      protocol,
      credentials,
      options: {
        socket: written === undefined ? socket : concealed(socket, conceal),
        address: forPeople,
        description,
        contract,
        client
      },
      key: createHash("sha256")
        .update(JSON.stringify([reached, credentials, contract]))
        .digest("hex")
    }
  }).pipe(Result.mapError(({ message, path }) => ({ path, message: conceal(message) })))

/**
 * Returns the devices of a site file, with the files of their sections read. Fails with all their mistakes. With the
 * devices as `written`, errors and states have the addresses so: with references instead of values of variables.
 *
 * @category devices
 * @since 0.1.0
 */
export const devicesOf = (
  file: string,
  site: SiteFile,
  written: Readonly<Record<string, unknown>> = {},
  environment: Environment = process.env
): Effect.Effect<ReadonlyMap<string, FileDevice>, SiteFileError> =>
  Effect.suspend(() => {
    const devices = new Map<string, FileDevice>()
    const faults: Array<Fault> = []
    for (const [name, section] of Object.entries(site.devices)) {
      const device = deviceOf(file, name, section, shownOf(written[name], environment, true))
      if (Result.isSuccess(device)) devices.set(name, device.success)
      else faults.push(device.failure)
    }
    return faults.length > 0 ? Effect.fail(new SiteFileError({ file, faults })) : Effect.succeed(devices)
  })

/**
 * Returns a device whose section comes from the database of a fleet instead of a file. `${env:NAME}` stands for
 * variables of this process whose names begin with `prefix`, and file names in the section are relative to the site
 * file. The values of variables are in no text of the device. Fails with all mistakes, in one text.
 *
 * @category devices
 * @since 0.1.0
 */
export const resolveDevice = (
  file: string,
  name: string,
  section: unknown,
  environment: Environment = process.env,
  prefix = devicePrefix
): Result.Result<ResolvedDevice, string> => {
  const { data, faults, secrets } = substitute({ devices: { [name]: section } }, environment, prefix)
  const shown = shownOf(section, environment, prefix === "")
  const wrong = (all: ReadonlyArray<Fault>) =>
    Result.fail(all.map(({ message, path: at }) => `${at}: ${shown.conceal(message)}`).join("; "))
  if (faults.length > 0) return wrong(faults)
  const decoded = decodeDevices(data)
  if (Result.isFailure(decoded))
    return wrong(faultsIn(decoded.failure.issue, { devices: { [name]: section } }, secrets))
  const device = deviceOf(file, name, decoded.success.devices[name]!, shown)
  if (Result.isFailure(device)) return wrong([device.failure])
  const rules = rulesOf(decoded.success)
  const { key, options } = device.success
  try {
    return Result.succeed({
      key,
      options,
      selection:
        rules.length === 0
          ? undefined
          : Selection.make(rules.map(({ match, strategy }) => ({ match: Selection.within(name, match), strategy })))
    })
  } catch (cause) {
    return wrong([{ path: `devices.${name}.sensors`, message: causeOf(cause) }])
  }
}

const decodeDevices = Schema.decodeUnknownResult(Schema.Struct({ devices: DevicesSection }), {
  errors: "all",
  onExcessProperty: "error"
})
