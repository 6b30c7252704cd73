/** Converts the devices of a site file into the form of a site. */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Socket from "effect/socket/Socket"
import * as Client from "../Client/index.ts"
import { Arg } from "../Codec/index.ts"
import type { ResolvedDevice } from "../Fleet/index.ts"
import { ContractDescription } from "../Interface/index.ts"
import { causeOf, Protocol } from "../Message/index.ts"
import { Strategy } from "../Sampling/index.ts"
import {
  DeviceAddress,
  type DeviceOptions,
  type DeviceSection,
  DevicesSection,
  millisecondsOf,
  Selection
} from "../Site/index.ts"
import { type Credentials, dial } from "../Site/node/index.ts"
import { concealing, devicePrefix, type Environment, refers, substitute } from "./file/environment.ts"
import { type Fault, SiteFileError } from "./file/Fault.ts"
import { faultsIn } from "./file/faults.ts"
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

type Long = Exclude<DeviceSection, string>

const longOf = (section: DeviceSection): Long => (typeof section === "string" ? { address: section } : section)

/** Reads the files of the credentials of a device; paths are relative to the site file. */
const credentialsOf = (file: string, name: string, { tls = {} }: Long): Result.Result<Credentials, Fault> =>
  Result.gen(function* () {
    const read = (key: "ca" | "cert" | "key"): Result.Result<string | undefined, Fault> => {
      const given = tls[key]
      if (given === undefined) return Result.succeed(undefined)
      const at = `devices.${name}.tls.${key}`
      return Result.flatMap(
        Result.try({
          try: () => readFileSync(path.resolve(path.dirname(file), given), "utf8"),
          catch: (cause): Fault => ({ path: at, message: causeOf(cause) })
        }),
        (text) =>
          text.includes("-----BEGIN ")
            ? Result.succeed(text)
            : Result.fail({ path: at, message: "the file has no certificate or key in PEM (-----BEGIN …)" })
      )
    }
    const ca = yield* read("ca")
    const cert = yield* read("cert")
    const key = (yield* read("key")) ?? cert
    if (cert === undefined && tls.key !== undefined)
      return yield* Result.fail({ path: `devices.${name}.tls`, message: "key also needs cert" })
    return {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert, key }),
      ...(tls.serverName === undefined ? {} : { serverName: tls.serverName })
    }
  })

const readContract = Schema.decodeUnknownExit(Schema.fromJsonString(ContractDescription))

/** Reads the contract of a device; its path is relative to the site file. */
const contractOf = (
  file: string,
  name: string,
  { contract }: Long,
  isQuoted: boolean
): Result.Result<ContractDescription | undefined, Fault> => {
  if (contract === undefined) return Result.succeed(undefined)
  const fault = (message: string) => Result.fail({ path: `devices.${name}.contract`, message })
  try {
    const read = readContract(readFileSync(path.resolve(path.dirname(file), contract), "utf8"))
    if (Exit.isSuccess(read)) return Result.succeed(read.value)
    const why = isQuoted ? `: ${causeOf(Cause.squash(read.cause)).replace(/\s*\n\s*/g, " ")}` : ""
    return fault(`the file has no contract${why}`)
  } catch (cause) {
    return fault(causeOf(cause))
  }
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

/** A Socket that says nothing of its address, neither in errors nor as its destination. */
const concealed = (socket: Layer.Layer<Socket.Socket>, conceal: Shown["conceal"]): Layer.Layer<Socket.Socket> =>
  Layer.effect(
    Socket.Socket,
    Effect.map(Socket.Socket, ({ [Socket.TypeId]: id, reader, writer }) => ({
      [Socket.TypeId]: id,
      writer,
      reader: Effect.mapError(reader, (error) => {
        const { reason } = error
        if (reason._tag !== "SocketOpenError") return error
        const { code } = (reason.cause ?? {}) as { readonly code?: unknown }
        const cause = Object.assign(new Error(conceal(causeOf(reason.cause))), typeof code === "string" ? { code } : {})
        return new Socket.SocketError({ reason: new Socket.SocketOpenError({ kind: reason.kind, cause }) })
      })
    }))
  ).pipe(Layer.provide(socket))

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
    const { alive, description, protocol, reconnectMax, timeout } = long
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
 * A rule of a site file, in the form that `--check` shows.
 *
 * @category models
 * @since 0.1.0
 */
export interface FileRule {
  readonly device: string
  /** The pattern, as written in the file. */
  readonly match: string
  readonly strategy: Strategy.Strategy
}

/**
 * Returns the rules of all devices of a site file, in order. A device without rules has all of its sensors, with
 * `auto`, and is not in the result.
 *
 * @category devices
 * @since 0.1.0
 */
export const rulesOf = (site: Pick<SiteFile, "devices">): ReadonlyArray<FileRule> =>
  Object.entries(site.devices).flatMap(([device, section]) =>
    (longOf(section).sensors ?? []).map((rule): FileRule => {
      const { match, strategy = "auto" } = typeof rule === "string" ? { match: rule } : rule
      const parsed = Strategy.fromText(strategy)
      return { device, match, strategy: parsed instanceof Arg.Invalid ? Strategy.auto : parsed }
    })
  )

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

/**
 * Returns the selection of a site file. Fails if a regular expression is malformed.
 *
 * @category devices
 * @since 0.1.0
 */
export const selectionOf = (file: string, site: SiteFile): Effect.Effect<Selection.Selection, SiteFileError> =>
  Effect.suspend(() => {
    const faults: Array<Fault> = []
    const rules = rulesOf(site).map(({ device, match, strategy }): Selection.Rule => {
      try {
        return { match: Selection.within(device, match), strategy }
      } catch (cause) {
        faults.push({ path: `devices.${device}.sensors`, message: causeOf(cause) })
        return { match: device, strategy }
      }
    })
    return faults.length > 0
      ? Effect.fail(new SiteFileError({ file, faults }))
      : Effect.succeed(Selection.make([...rules, ...rest(site), "*"]))
  })

/** Rules that exclude the sensors that no rule of a device matches. */
const rest = (site: SiteFile): ReadonlyArray<Selection.Rule> =>
  Object.entries(site.devices)
    .filter(([, section]) => longOf(section).sensors !== undefined)
    .map(([device]) => ({ match: Selection.within(device, "*"), strategy: Strategy.none }))
