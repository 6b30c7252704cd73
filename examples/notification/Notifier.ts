import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as Random from "effect/Random"

/** The kinds of notifications. */
export type Kind = "random" | "classified"

/** The source of random numbers and classified ads. */
export class Notifier extends Context.Service<
  Notifier,
  {
    /** A random number. */
    readonly random: Effect.Effect<number>
    /** All classified ads, the oldest first. A client counts those that it has read. */
    readonly ads: ReadonlyArray<string>
    /** Adds an ad, and notifies every client in notification mode. */
    readonly advertise: (ad: string) => Effect.Effect<void>
    /** Announces a random number. */
    readonly offer: Effect.Effect<void>
    /** The notifications, for subscribers. */
    readonly news: PubSub.PubSub<Kind>
  }
>()("katcp/examples/Notifier") {
  static readonly layer = Layer.effect(
    Notifier,
    Effect.gen(function* () {
      const ads: Array<string> = []
      const news = yield* PubSub.sliding<Kind>(16)
      return Notifier.of({
        random: Random.nextIntBetween(0, 1_000_000_000),
        ads,
        advertise: (ad) =>
          Effect.suspend(() => {
            ads.push(ad)
            return Effect.asVoid(PubSub.publish(news, "classified"))
          }),
        offer: Effect.asVoid(PubSub.publish(news, "random")),
        news
      })
    })
  )
}
