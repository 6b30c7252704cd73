/** Contracts of devices and files. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as Client from "../../Client/index.ts"
import { ContractDescription } from "../../Interface/index.ts"
import { causeOf } from "../../Message/index.ts"
import { cannotRun, explain } from "../Failure.ts"
import { Output } from "../show/Output.ts"
import type { Host } from "./host.ts"

/** Returns the contract of a connected device. */
export const importedBy = (client: Client.Client<never, never>, host: Host) =>
  Effect.flatMap(Output, ({ busy }) =>
    busy(
      `reading the contract of ${host.text}`,
      Effect.mapError(Client.importContract(client, { faults: "note" }), (error) => explain(host.text, error))
    )
  )

/** Reads a contract from a file. */
export const contractOf = (file: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const text = yield* Effect.mapError(files.readFileString(file), (error) =>
      cannotRun(`cannot read ${file}: ${causeOf(error)}`)
    )
    return yield* Effect.mapError(Schema.decodeEffect(Schema.fromJsonString(ContractDescription))(text), (error) =>
      cannotRun(`${file} does not contain a contract: ${error.message.replace(/\s*\n\s*/g, " ")}`)
    )
  })
