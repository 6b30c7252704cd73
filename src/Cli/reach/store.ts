/** Opens the store of an archive. */
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { QueryRefused, Store, StoreFailed } from "../../Archive/index.ts"
import { layerStore } from "../../Archive/node/index.ts"
import { cannotRun, type Failure } from "../Failure.ts"

/** The flag for the archive. */
export const storeFlag = Flag.String("store").pipe(
  Flag.withMetavar("sqlite:FILE"),
  Flag.withDescription("The archive: sqlite:FILE or postgres://USER@HOST/DATABASE; default: KATCP_STORE"),
  Flag.optional
)

/** Returns the store of the flag, or of `KATCP_STORE`. */
export const storeOf = (
  given: Option.Option<string>,
  options: { readonly readOnly: boolean; readonly waits?: boolean }
): Effect.Effect<Layer.Layer<Store, StoreFailed>, Failure> => {
  const text = Option.getOrElse(given, () => process.env.KATCP_STORE ?? "")
  if (text === "")
    return Effect.fail(
      cannotRun("name the archive: --store sqlite:FILE or --store postgres://USER@HOST/DATABASE, or set KATCP_STORE")
    )
  return Effect.succeed(layerStore(text, { ...options, quiet: true }))
}

/** Returns the fault as one line. */
export const explainStore = (error: QueryRefused | StoreFailed): Failure => cannotRun(error.message)
