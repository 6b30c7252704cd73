import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Arg, Dialect } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

it.effect(
  "a sensor takes at most 500 bytes of heap, name, text and place in the set included (issue 4: 650)",
  Effect.fnUntraced(function* () {
    const count = 20_000
    const set = yield* Sensor.SensorSet.make
    const add = (n: number) =>
      set.add(Sensor.make(`s${n}`, { doc: `Bench sensor ${n}.`, type: Arg.Float, units: "V", initial: 0 }))
    // shapes of objects settle
    for (let n = 0; n < 100; n++) yield* add(n)
    collect()
    const before = process.memoryUsage().heapUsed
    for (let n = 100; n < count + 100; n++) yield* add(n)
    collect()
    const each = (process.memoryUsage().heapUsed - before) / count
    assert.strictEqual(set.values.length, count + 100)
    assert.isAbove(each, 100)
    assert.isAtMost(each, 500)
  })
)

it.effect(
  "a sensor keeps no line of a reading that is over",
  Effect.fnUntraced(function* () {
    const [count, size] = [200, 10_000]
    const sensors = yield* Effect.forEach(Array.from({ length: count }), (_, n) =>
      Sensor.LiveSensor.make(Sensor.make(`s${n}`, { doc: "Text.", type: Arg.Text, initial: "x".repeat(size) }))
    )
    let lines = 0
    const line = (_: unknown, __: unknown, sensor: Sensor.LiveSensor<unknown>) => {
      lines += sensor.statusLine(Dialect.v5).length
    }
    for (const sensor of sensors) {
      sensor.observe(line)
      sensor.observe(line)
      // asked for by a client that has just come, so it is kept
      sensor.statusLine(Dialect.v5)
    }
    collect()
    const before = process.memoryUsage().arrayBuffers
    for (const sensor of sensors) yield* sensor.set("y")
    collect()
    // arrays are released by a thread; the next collection waits for it
    collect()
    assert.isAbove(lines, 2 * count)
    assert.isAtLeast(before - process.memoryUsage().arrayBuffers, (count * size) / 2)
  })
)
