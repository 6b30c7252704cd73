import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { StoreFailed } from "../errors.ts"
import { fileOf, isPostgres } from "../model/storeAddress.ts"
import type { Store } from "../Store.ts"
import { layerPostgres } from "./postgres/layer.ts"
import { layerSqlite } from "./sqlite/layer.ts"

/**
 * Keeps an archive at an address: `sqlite:FILE`, a file alone, or `postgres://USER:PASSWORD@HOST/DATABASE`. Fails with
 * `StoreFailed` for any other text.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerStore = (
  text: string,
  options: {
    readonly readOnly?: boolean | undefined
    readonly quiet?: boolean | undefined
    /** `true`: runners of a fleet write to it together. PostgreSQL only. See `PostgresOptions`. */
    readonly fleet?: boolean | undefined
    /** `true`: waits for a database that is unreachable at the start. See `PostgresOptions`. */
    readonly waits?: boolean | undefined
  } = {}
): Layer.Layer<Store, StoreFailed> => {
  if (isPostgres(text)) return layerPostgres(text, options)
  const file = fileOf(text)
  if (file !== undefined) return layerSqlite(file, options)
  const detail = "this is not the address of an archive: write sqlite:FILE or postgres://USER@HOST/DATABASE"
  return Layer.unwrap(Effect.fail(new StoreFailed({ why: "broken", store: JSON.stringify(text), detail })))
}
