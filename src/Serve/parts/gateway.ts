import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { pageFiles } from "../../Dashboard/node/index.ts"
import { Gateway } from "../../Gateway/index.ts"
import { CurrentArchive, type Part } from "../Part.ts"

/** Serves the site, and its dashboard, on the listener of the section `http`. */
export const gatewayPart: Part = {
  key: "gateway",
  site: "fleet",
  places: () => [],
  open: ({ data: { gateway } }) =>
    Effect.gen(function* () {
      const current = yield* CurrentArchive
      const history = Effect.sync(() => current.archive)
      return {
        start: Effect.asVoid(Layer.build(Gateway.layer({ ...Gateway.optionsOf(gateway!), page: pageFiles(), history })))
      }
    })
}
