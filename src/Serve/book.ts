/** A site file as an address book: only its devices count. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { DevicesSection } from "../Site/index.ts"
import { devicesOf, type FileDevice } from "./devices.ts"
import { type Environment, substitute } from "./file/environment.ts"
import { SiteFileError } from "./file/Fault.ts"
import { faultsIn } from "./file/faults.ts"
import { textOf } from "./file/load.ts"
import { parse } from "./file/parse.ts"

/**
 * The devices of a file, by name.
 *
 * @category models
 * @since 0.1.0
 */
export interface AddressBook {
  readonly file: string
  readonly names: ReadonlyArray<string>
  /** The names of the other sections of the file, which an address book ignores. */
  readonly sections: ReadonlyArray<string>
  /**
   * Returns the device of that name, with the files of its section read. Fails if the device cannot be used from this
   * file.
   */
  readonly device: (name: string) => Effect.Effect<FileDevice, SiteFileError>
}

const decode = Schema.decodeUnknownResult(Schema.Struct({ devices: DevicesSection }), {
  errors: "all",
  onExcessProperty: "error"
})

/**
 * Reads the devices of a site file. Its other sections are ignored, so variables that only those need may be missing.
 * `trusted: false` is for a file that was found, not named: a device that uses `${env:NAME}` or has credentials cannot
 * be used then.
 *
 * @category constructors
 * @since 0.1.0
 */
export const readBook = (
  file: string,
  options: { readonly trusted: boolean; readonly environment?: Environment | undefined }
): Effect.Effect<AddressBook, SiteFileError> =>
  Effect.gen(function* () {
    const { environment = process.env, trusted } = options
    const failed = (path: string, message: string) => new SiteFileError({ file, faults: [{ path, message }] })
    const parsed = parse(file, yield* textOf(file))
    if (Result.isFailure(parsed)) return yield* failed(parsed.failure.path, parsed.failure.message)
    const written = { devices: parsed.success.devices }
    const { data, faults, secrets } = substitute(written, trusted ? environment : undefined)
    if (trusted && faults.length > 0) return yield* new SiteFileError({ file, faults })
    // faults of unread references are reported when the device is requested
    const checked = trusted ? data : written
    const unread = new Set(faults.map(({ path }) => path.split(".")[1]))
    const decoded = decode(trusted ? checked : { devices: without(checked.devices, unread) })
    if (Result.isFailure(decoded))
      return yield* new SiteFileError({ file, faults: faultsIn(decoded.failure.issue, written, secrets) })
    const { devices } = decoded.success
    return {
      file,
      names: [...Object.keys(devices), ...[...unread].filter((name) => name !== undefined)],
      sections: Object.keys(parsed.success).filter((section) => section !== "devices"),
      device: (name) => {
        const found = faults.find(({ path }) => path.split(".")[1] === name)
        if (found !== undefined) return failed(found.path, found.message)
        const section = devices[name]!
        if (!trusted && typeof section !== "string" && section.tls !== undefined)
          return failed(
            `devices.${name}.tls`,
            "credentials are not read here: this file is used as an address book only; name it with --site"
          )
        // a section of an untrusted file must not make us read files
        const own = trusted || typeof section === "string" ? section : { ...section, contract: undefined }
        return Effect.map(devicesOf(file, { devices: { [name]: own } }), (all) => all.get(name)!)
      }
    }
  })

const without = (devices: unknown, names: ReadonlySet<string | undefined>): unknown =>
  typeof devices === "object" && devices !== null && !Array.isArray(devices)
    ? Object.fromEntries(Object.entries(devices).filter(([name]) => !names.has(name)))
    : devices
