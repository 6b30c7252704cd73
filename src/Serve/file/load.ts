/** Reads a site file from the disk. */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { causeOf } from "../../Message/index.ts"
import { type SiteFile, SiteFile as SiteFileSchema } from "../sections.ts"
import { type Changes, flagAt, withChanges } from "./Changes.ts"
import { type Environment, foreignReferences, substitute } from "./environment.ts"
import { type Fault, SiteFileError } from "./Fault.ts"
import { faultsIn } from "./faults.ts"
import { largestFile, parse } from "./parse.ts"

const decode = Schema.decodeUnknownResult(SiteFileSchema, { errors: "all", onExcessProperty: "error" })
const decoder = new TextDecoder("utf-8", { fatal: true })

const fault = (file: string, message: string) => new SiteFileError({ file, faults: [{ path: "", message }] })

/** Returns the text of a site file. Fails if it cannot be read, is larger than 4 MiB, or is not UTF-8. */
export const textOf = (file: string): Effect.Effect<string, SiteFileError> =>
  Effect.suspend(() => {
    let bytes: Uint8Array
    try {
      const opened = openSync(file, "r")
      try {
        const { size } = fstatSync(opened)
        if (size > largestFile)
          return Effect.fail(fault(file, `it has ${size} bytes; a site file has at most ${largestFile}`))
        bytes = readFileSync(opened)
      } finally {
        closeSync(opened)
      }
    } catch (cause) {
      return Effect.fail(fault(file, causeOf(cause)))
    }
    try {
      return Effect.succeed(decoder.decode(bytes))
    } catch {
      return Effect.fail(fault(file, "it is not UTF-8"))
    }
  })

/**
 * Parses the text of a site file: its data, with `${env:NAME}` replaced, and with the settings of this process. The
 * extension of `file` gives the format. Fails with all mistakes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const parseSite = (
  file: string,
  text: string,
  environment: Environment = process.env,
  changes: Changes = {}
): Result.Result<SiteFile, SiteFileError> =>
  Result.gen(function* () {
    const failed = (faults: SiteFileError["faults"]) => Result.fail(new SiteFileError({ file, faults }))
    const parsed = parse(file, text)
    if (Result.isFailure(parsed)) return yield* failed([parsed.failure])
    const { data, faults, secrets } = substitute(parsed.success, environment)
    if (faults.length > 0) return yield* failed(faults)
    const decoded = decode(withChanges(data, changes))
    if (Result.isSuccess(decoded)) return decoded.success
    const found = faultsIn(decoded.failure.issue, withChanges(parsed.success, changes), secrets)
    return yield* failed(found.map(({ message, path }) => ({ path: `${path}${flagAt(path, changes)}`, message })))
  })

/**
 * Reads a site file. Fails with `SiteFileError`, which has the name of the file and every mistake in it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const loadSite = (
  file: string,
  environment: Environment = process.env
): Effect.Effect<SiteFile, SiteFileError> =>
  Effect.flatMap(textOf(file), (text) => Effect.fromResult(parseSite(file, text, environment)))

/** Returns the data of a file as written. */
const writtenData = (file: string): Effect.Effect<Readonly<Record<string, unknown>>, SiteFileError> =>
  Effect.gen(function* () {
    const parsed = parse(file, yield* textOf(file))
    if (Result.isFailure(parsed)) return yield* new SiteFileError({ file, faults: [parsed.failure] })
    return parsed.success
  })

const keysOf = (data: unknown): Readonly<Record<string, unknown>> =>
  typeof data === "object" && data !== null && !Array.isArray(data) ? (data as Readonly<Record<string, unknown>>) : {}

/**
 * Reads the devices of a site file as written, with their references to variables of the environment. Fails with
 * `SiteFileError` if the file cannot be read; it does not look for mistakes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const writtenDevices = (file: string): Effect.Effect<Readonly<Record<string, unknown>>, SiteFileError> =>
  Effect.map(writtenData(file), ({ devices }) => keysOf(devices))

/**
 * Returns the faults of the devices of a site file that a fleet with a database refuses, and others do not: references
 * to variables without the prefix of devices. Empty for a file without such a fleet. Fails with `SiteFileError` if the
 * file cannot be read.
 *
 * @category devices
 * @since 0.1.0
 */
export const foreignIn = (file: string): Effect.Effect<ReadonlyArray<Fault>, SiteFileError> =>
  Effect.map(writtenData(file), ({ devices, fleet }) =>
    keysOf(fleet).database === undefined ? [] : foreignReferences(keysOf(devices))
  )
