import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { Arg, type Codec, Message, RequestFailed, Sensor } from "katcp"
import { parseLogLevel, toEffect } from "katcp/Interface"
import { evaluate } from "./arithmetic.ts"
import { Example } from "./contract.ts"

const fruits = ["apple", "banana", "pear", "kiwi"] as const

/** The example device. Adds `sensors` float sensors `s0`, `s1`, … to those of the contract. */
export const ExampleLive = (options: { readonly sensors: number; readonly dialect: Codec.Dialect.Dialect }) =>
  Example.toLayer(
    Effect.gen(function* () {
      const sensors = yield* Example.sensors
      const set = yield* Example.sensorSet
      yield* set.batch(
        Effect.forEach(
          Array.from({ length: options.sensors }, (_, n) => n),
          (n) => set.add(Sensor.make(`s${n}`, { doc: `Bench sensor ${n}.`, type: Arg.Float, units: "V", initial: 0 })),
          { discard: true }
        )
      )

      const now = Effect.map(Clock.currentTimeMillis, (millis) => millis / 1000)
      return {
        add: Effect.fnUntraced(function* ({ x, y }) {
          yield* sensors["add.result"].set(x + y)
          return { sum: x + y }
        }),
        time: Effect.fnUntraced(function* () {
          const time = yield* now
          yield* sensors["time.result"].set(time)
          return { now: time }
        }),
        eval: Effect.fnUntraced(function* ({ expression }) {
          const value = evaluate(expression)
          if (value === undefined)
            return yield* new RequestFailed({ message: `${expression} is not an arithmetic expression` })
          const result = Message.formatFloat(value)
          yield* sensors["eval.result"].set(result)
          return { result }
        }),
        "pick-fruit": Effect.fnUntraced(function* (_, { inform }) {
          const seconds = (yield* Random.nextIntBetween(5, 30)) / 100
          inform({ text: `Picking will take ${seconds.toFixed(2)} seconds` })
          yield* Effect.sleep(seconds * 1000)
          const fruit = fruits[yield* Random.nextIntBetween(0, fruits.length)]
          if (fruit === undefined) return yield* new RequestFailed({ message: "No fruit." })
          yield* sensors["fruit.result"].set(fruit)
          return { fruit }
        }),
        "raw-reverse": (message) => Effect.succeed(message.arguments.toReversed()),
        echo: ({ values }) => Effect.succeed({ values }),
        sleep: ({ seconds }) => Effect.sleep(Math.max(0, seconds) * 1000),
        raise: ({ text }) => Effect.die(new Error(text)),
        "set-sensor": Effect.fnUntraced(function* ({ name, value, status, timestamp }) {
          const sensor = set.get(name)
          if (sensor === undefined) return yield* new RequestFailed({ message: `Unknown sensor ${name}` })
          const decoded = sensor.definition.type.decode(value, 0, value.length, options.dialect)
          if (decoded instanceof Arg.Invalid) return yield* new RequestFailed({ message: decoded.message })
          yield* sensor.set(decoded, timestamp === undefined ? { status } : { status, timestamp })
        }),
        "write-log": Effect.fnUntraced(function* ({ level: word, text }) {
          const level = parseLogLevel(word)
          if (level === undefined || level === "off" || level === "all")
            return yield* new RequestFailed({ message: `Nothing can be logged at level ${word}` })
          yield* Effect.logWithLevel(toEffect(level))(text).pipe(Effect.annotateLogs("logger", "example"))
        }),
        "add-sensor": Effect.fnUntraced(function* ({ name }) {
          if (!Sensor.isName(name)) return yield* new RequestFailed({ message: `${name} is not a sensor name` })
          yield* set.add(Sensor.make(name, { doc: "An added sensor.", type: Arg.Float, initial: 0 }))
        }),
        "remove-sensor": Effect.fnUntraced(function* ({ name }) {
          if (!(yield* set.remove(name))) return yield* new RequestFailed({ message: `Unknown sensor ${name}` })
        })
      }
    })
  )
