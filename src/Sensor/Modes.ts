import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { Arg } from "../Codec/index.ts"
import type { Target } from "./derived/Derivation.ts"
import { LiveSensor } from "./LiveSensor.ts"
import { make, type Sensor } from "./Sensor.ts"

/**
 * The effects that run when a mode begins and when it ends.
 *
 * @category models
 * @since 0.1.0
 */
export interface Mode<out E = never, out R = never> {
  /** Runs before the mode takes effect. Nothing by default. */
  readonly enter?: Effect.Effect<void, E, R> | undefined
  /** Runs before another mode is entered, and when the Scope ends. Nothing by default. */
  readonly leave?: Effect.Effect<void, E, R> | undefined
}

// biome-ignore lint/suspicious/noExplicitAny: modes of any failures and needs
type Table<Name extends string> = { readonly [K in Name]?: Mode<any, any> }
type EffectsOf<M> = { [K in keyof M]: M[K][keyof M[K] & ("enter" | "leave")] }[keyof M]
type ErrorOf<M> =
  EffectsOf<M> extends infer F ? (F extends Effect.Effect<infer _A, infer E, infer _R> ? E : never) : never
type ServicesOf<M> =
  EffectsOf<M> extends infer F ? (F extends Effect.Effect<infer _A, infer _E, infer R> ? R : never) : never

/**
 * The modes of a device, and the sensor that shows the current mode (Rev 5.1 §11). Changes run one after another: leave
 * the current mode, enter the other, set the sensor.
 *
 * @category models
 * @since 0.1.0
 */
export class Modes<out Name extends string, out E> {
  /** The sensor. */
  readonly sensor: LiveSensor<string>
  /** The names of the modes, in the given order. */
  readonly names: ReadonlyArray<Name>
  private readonly table: { readonly [name: string]: Mode<E> | undefined }
  private readonly gate = Semaphore.makeUnsafe(1)
  private entered: Name | undefined = undefined

  private constructor(
    sensor: LiveSensor<string>,
    names: ReadonlyArray<Name>,
    table: { readonly [name: string]: Mode<E> | undefined }
  ) {
    this.sensor = sensor
    this.names = names
    this.table = table
  }

  /** Returns the definition of the sensor `mode` (Rev 5.1 §11): discrete, with these names. */
  static sensor<const Names extends readonly [string, ...ReadonlyArray<string>]>(
    ...names: Names
  ): Sensor<"mode", Names[number]> {
    const type: Arg.Arg<Names[number]> = Arg.Discrete(...names)
    return make("mode", { type, doc: "Mode of the device." })
  }

  /**
   * Builds modes for a sensor: a definition, or a live sensor such as a contract's. The sensor may have further values.
   * Enters the mode `initial` at once, by default the first. Leaves the current mode at the end of the Scope. Fails if
   * the initial mode cannot be entered.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { Sensor } from "katcp"
   *
   * export const modes = Sensor.Modes.make(Sensor.Modes.sensor("idle", "track"), {
   *   idle: {},
   *   track: { enter: Effect.log("motors on"), leave: Effect.log("motors off") }
   * })
   * ```
   */
  static make<V extends string, const M extends Table<V>>(
    target: Target<V>,
    modes: M,
    options?: { readonly initial?: Extract<keyof NoInfer<M>, V> | undefined }
  ): Effect.Effect<Modes<Extract<keyof M, V>, ErrorOf<M>>, ErrorOf<M>, ServicesOf<M> | Scope.Scope> {
    type Name = Extract<keyof M, V>
    type E = ErrorOf<M>
    type R = ServicesOf<M>
    return Effect.gen(function* () {
      const context = yield* Effect.context<R>()
      const live: LiveSensor<V> = target instanceof LiveSensor ? target : yield* LiveSensor.make(target)
      const table: { [name: string]: Mode<E> } = Object.create(null)
      for (const [name, mode] of Object.entries<Mode<E, R>>(modes as { readonly [name: string]: Mode<E, R> })) {
        table[name] = {
          enter: Effect.provideContext(mode.enter ?? Effect.void, context),
          leave: Effect.provideContext(mode.leave ?? Effect.void, context)
        }
      }
      const names = Object.keys(table) as Array<Name>
      const all = new Modes<Name, E>(live, names, table)
      yield* Effect.addFinalizer(() => all.end)
      const initial = options?.initial ?? names[0]
      if (initial !== undefined) yield* all.change(initial)
      return all
    })
  }

  /** The current mode, or `undefined` after a mode could not be entered. */
  get current(): Name | undefined {
    return this.entered
  }

  /**
   * Changes to a mode. Does nothing if it is the current one. Fails as leaving and entering fail. If the old mode
   * cannot be left, it stays current. If the new mode cannot be entered, or the change is interrupted, no mode is
   * current: the sensor keeps its value and is `unknown`.
   */
  change(name: Name): Effect.Effect<void, E> {
    return this.gate.withPermit(
      Effect.uninterruptibleMask((restore) => {
        const { entered, table } = this
        if (entered === name) return Effect.void
        const mode = table[name]
        if (mode === undefined) return Effect.die(new TypeError(`there is no mode ${JSON.stringify(name)}`))
        const enter = Effect.suspend(() => {
          this.entered = undefined
          return Effect.onExit(restore(mode.enter ?? Effect.void), (exit) => {
            if (Exit.isFailure(exit)) return this.sensor.set(this.sensor.value, { status: "unknown" })
            this.entered = name
            return this.sensor.set(name)
          })
        })
        return Effect.andThen(restore(this.leaving), enter)
      })
    )
  }

  private get leaving(): Effect.Effect<void, E> {
    return (this.entered === undefined ? undefined : this.table[this.entered]?.leave) ?? Effect.void
  }

  private get end(): Effect.Effect<void> {
    return this.gate.withPermit(
      Effect.suspend(() =>
        Effect.catchCause(this.leaving, (cause) => Effect.logWarning(`mode ${this.entered} could not be left`, cause))
      )
    )
  }
}
