import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Health, type PartHealth, Site } from "../../Site/index.ts"
import type { ExportRefused } from "../errors.ts"
import { register } from "../metrics.ts"
import type { PushHealth } from "./PushHealth.ts"
import { type PushOptions, push } from "./push.ts"
import type { Sink } from "./Sink.ts"

/**
 * Pushes every reading of a site's sensors to a sink for as long as the layer lives: see {@link push}. Its counts are metrics
 * (`katcp_export_written_total`, `katcp_export_lost_total`, …), and, if `Health` of `katcp/Site` is provided, a part of
 * `/healthz` called `export.` and the name of the sink.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerPush = <E, R>(
  sink: Effect.Effect<Sink, E, R>,
  options: PushOptions = {}
): Layer.Layer<never, E | ExportRefused, Site | Exclude<R, Scope.Scope>> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const made = yield* sink
      const health = yield* push(yield* Site, made, options)
      yield* register(
        [
          ["katcp_export_written_total", "Readings that the destination has accepted", () => health().written],
          ["katcp_export_refused_total", "Readings that the destination has refused", () => health().refused],
          ["katcp_export_altered_total", "Readings with replaced parts", () => health().altered],
          [
            "katcp_export_lost_total",
            "Changes of the site's table that were lost before they could be sent",
            () => health().lost
          ],
          ["katcp_export_failures_total", "Attempts to send that failed", () => health().failures],
          ["katcp_export_pending", "Changes that wait to be sent", () => health().pending],
          ["katcp_export_up", "1 unless the last attempt to send failed", () => (health().ok ? 1 : 0)]
        ],
        { sink: made.name, to: made.to }
      )
      const asked = yield* Effect.serviceOption(Health)
      if (Option.isSome(asked))
        yield* asked.value.add(
          `export.${made.name}`,
          Effect.sync(() => partOf(health()))
        )
    })
  )

const partOf = (details: PushHealth): PartHealth =>
  details.ok ? { status: "ok", details } : { status: "failing", reason: details.error, details }
