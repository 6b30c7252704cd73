/**
 * The requests of the modules that version 5 deprecates (Rev 5.1 §10, §11). A device has them only if its contract
 * includes them. Otherwise they are answered with `invalid`, as unknown requests are.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Arg, type ArgumentList } from "../Codec/index.ts"
import { RequestFailed, RequestInvalid } from "../Message/index.ts"
import type { Modes } from "../Sensor/index.ts"
import * as Request from "./Request.ts"

/** No fields. */
type None = Record<never, never>

/**
 * `?configure param ...`: sets a property of the device; a client may send many (Rev 5.1 §10). The device defines the
 * parameters, for example the name of an option and its value. New devices have a request for each property, or a
 * sensor.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Arg, Interface } from "katcp"
 *
 * class Dish extends Interface.make("dish").add(
 *   Interface.Deprecated.configure({ option: Arg.Discrete("ntp"), value: Arg.Text })
 * ) {}
 *
 * export const DishLive = Dish.toLayer({
 *   configure: ({ option, value }) => Effect.log(`${option} is ${value} from now on`)
 * })
 * ```
 *
 * @category deprecated
 * @since 0.1.0
 */
export const configure = <const In extends ArgumentList.Fields>(
  parameters: In
): Request.Request<"configure", In, None, None> =>
  Request.make("configure", { doc: "Set a property of this device.", args: parameters })

/**
 * `?mode name`: changes the mode of the device to one of these values of its sensor `mode`: all of them, or those that
 * clients may choose (Rev 5.1 §11). {@link changeMode} handles it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Interface, Sensor } from "katcp"
 *
 * const { Deprecated } = Interface
 *
 * class Dish extends Interface.make("dish").add(
 *   Sensor.Modes.sensor("idle", "track", "fault"),
 *   Deprecated.mode("idle", "track")
 * ) {}
 *
 * export const DishLive = Dish.toLayer(
 *   Effect.gen(function* () {
 *     const sensors = yield* Dish.sensors
 *     const modes = yield* Sensor.Modes.make(sensors.mode, { idle: {}, track: { enter: Effect.log("motors on") } })
 *     return { mode: Deprecated.changeMode(modes) }
 *   })
 * )
 * ```
 *
 * @category deprecated
 * @since 0.1.0
 */
export const mode = <const Names extends readonly [string, ...ReadonlyArray<string>]>(
  ...names: Names
): Request.Request<"mode", { readonly name: Arg.Arg<Names[number]> }, None, None> => {
  const name: Arg.Arg<Names[number]> = Arg.Discrete(...names)
  return Request.make("mode", { doc: "Change the mode of this device.", args: { name } })
}

/**
 * Returns the handler of {@link mode}: it changes the mode, and replies when the new mode is active. If the old mode
 * cannot be left, or the new one cannot be entered, the reply is `fail` with the error's message. A `RequestFailed` or
 * `RequestInvalid` is answered as such.
 *
 * @category deprecated
 * @since 0.1.0
 */
export const changeMode =
  <Name extends string, E>(modes: Modes<Name, E>) =>
  ({ name }: { readonly name: Name }): Effect.Effect<void, RequestFailed | RequestInvalid> =>
    Effect.mapError(modes.change(name), (error) =>
      error instanceof RequestFailed || error instanceof RequestInvalid
        ? error
        : new RequestFailed({ message: `${error instanceof Error && error.message !== "" ? error.message : error}` })
    )
