import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as Random from "effect/Random"

/** What a client can be notified of. */
export type Kind = "random" | "classified"

/** Where random numbers and classified ads come from. */
export class Notifier extends Context.Service<
  Notifier,
  {
    /** A random number. */
    readonly random: Effect.Effect<number>
    /** All classified ads, the oldest first. A client keeps count of those that it has read. */
    readonly ads: ReadonlyArray<string>
    /** Puts an ad up, of which every client in notification mode hears. */
    readonly advertise: (ad: string) => Effect.Effect<void>
    /** Says that a random number is to be had. */
    readonly offer: Effect.Effect<void>
    /** What is new, for who subscribes. */
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
