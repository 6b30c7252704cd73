/** The files that the section of a device names; paths are relative to the site file. */
import { readFileSync } from "node:fs"
import * as path from "node:path"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { ContractDescription } from "../Interface/index.ts"
import { causeOf } from "../Message/index.ts"
import type { Credentials } from "../Site/node/index.ts"
import type { Fault } from "./file/Fault.ts"
import type { Long } from "./longOf.ts"

/** Reads the files of the credentials of a device. */
export const credentialsOf = (file: string, name: string, { tls = {} }: Long): Result.Result<Credentials, Fault> =>
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

/** Reads the contract of a device. */
export const contractOf = (
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
