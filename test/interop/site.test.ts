/** A site of real devices of all kinds, each killed without notice and started again, while the others go on. */
import { assert, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { Sensor } from "katcp"
import { NodeClient } from "katcp/Node"
import { type Reader, Row, Site, type SiteDevice, type SiteShape } from "katcp/Site"
import { type Device, describePeer, startOurDevice, startPythonDevice } from "./peers.ts"

const start: Readonly<Record<string, (port?: number) => Promise<Device>>> = {
  aio: (port) => startPythonDevice("aio", port),
  kp: (port) => startPythonDevice("kp", port),
  kp4: (port) => startPythonDevice("kp4", port),
  ours: (port) => startOurDevice(5, port),
  ours4: (port) => startOurDevice(4, port)
}
const names = Object.keys(start)

/** Waits until something holds that changes of the table or of devices bring about. */
const until = (site: SiteShape, holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { revision } = site.table
    const { deviceRevision } = site
    return holds()
      ? Effect.void
      : Effect.andThen(
          Effect.raceFirst(site.table.changed(revision), site.devicesChanged(deviceRevision)),
          until(site, holds)
        )
  })

/** The sensors of a device with their readings, asked for by plain requests. */
const stateOf = Effect.fnUntraced(function* ({ client: { call, dialect } }: SiteDevice) {
  const readings = new Map(
    (yield* call("sensor-value")).informs.map((inform) => [inform.text(2)!, [3, 4].map((at) => inform.bytes(at)!)])
  )
  return (yield* call("sensor-list")).informs
    .map((inform) => {
      const definition = Sensor.parseDescription(inform, dialect) as Sensor.Any
      const [status, value] = readings.get(definition.name)!
      const reading = Sensor.parseReading(definition, ["0", status!, value!], dialect) as Sensor.Reading<unknown>
      return textOf(definition, reading)
    })
    .toSorted()
})

const textOf = ({ doc, name, parameters, type, units }: Sensor.Any, { status, value }: Pick<Row, "status" | "value">) =>
  [name, doc, units, type.sensorType, parameters.join(), status, String(value)].join(" | ")

const tableOf = (site: SiteShape, device: string) =>
  [...site.table.of(device)].map((row) => textOf(row.definition, row)).toSorted()

/** Waits, as long as a slow machine may take, until the rows of a device are as the device. */
const isAsDevice = (site: SiteShape, name: string): Effect.Effect<void, unknown> =>
  Effect.gen(function* () {
    const device = site.devices.get(name)!
    assert.isTrue(device.health.synced, `${name} is not synced`)
    assert.deepStrictEqual(tableOf(site, name), yield* stateOf(device), name)
  }).pipe(Effect.sandbox, Effect.retry(Schedule.max([Schedule.spaced("50 millis"), Schedule.recurs(1000)])))

/** The state of a reader, kept up to date. */
const follow = (copy: Map<string, string>, reader: Reader) => {
  const { changed, removed, snapshot } = reader.take()
  if (snapshot) copy.clear()
  for (const { device, name } of removed) copy.delete(`${device}/${name}`)
  for (const row of changed) copy.set(row.path, textOf(row.definition, row))
}

describePeer("aiokatcp", "a site of devices on aiokatcp and on our library, and", () =>
  describePeer("katcp", "on katcp-python at versions 5 and 4", () => {
    it.live(
      "has them all in one table; the kill of each affects no other's rows, and each comes back",
      Effect.fnUntraced(function* () {
        const running = new Map<string, Device>()
        for (const name of names) running.set(name, yield* Effect.promise(() => start[name]!()))
        const client = { reconnect: Schedule.spaced("50 millis"), deviceLog: false }
        const devices = Object.fromEntries(
          [...running].map(([name, { host, port }]) => [name, { socket: NodeClient.tcp({ host, port }), client }])
        )
        const site = yield* Site.make({ devices })
        const [reader, copy] = [site.table.reader(), new Map<string, string>()]
        const feed = yield* site.table.feed
        yield* site.synced
        for (const name of names) {
          yield* isAsDevice(site, name)
          assert.isAbove(site.table.sizeOf(name), 10, name)
          // bytes, words and times of each dialect
          yield* site.request(name, "set-sensor", ["test.int", "55", "warn"])
          yield* site.request(name, "set-sensor", ["test.float", "-7.25", "error"])
          yield* site.request(name, "set-sensor", ["test.string", "a b"])
          yield* isAsDevice(site, name)
          const row = site.table.get(name, "test.float")!
          assert.deepStrictEqual([row.value, row.code, row.fresh], [-7.25, 3, true], name)
          const skew = Math.abs((yield* Clock.currentTimeMillis) / 1000 - row.timestamp!)
          assert.isBelow(skew, 60, `${name}: an invalid time`)
        }
        follow(copy, reader)
        for (const name of names) {
          const others = names.filter((other) => other !== name)
          const before = new Map(others.map((other) => [other, tableOf(site, other)]))
          const { port } = running.get(name)!
          const killedAt = (yield* Clock.currentTimeMillis) / 1000
          yield* Effect.promise(() => running.get(name)!.kill())
          yield* until(site, () => [...site.table.of(name)].every(({ status }) => status === "unreachable"))
          const rows = [...site.table.of(name)]
          const int = site.table.get(name, "test.int")!
          assert.deepStrictEqual([int.value, int.code, int.fresh], [55, 5, false], name)
          for (const { timestamp } of rows) assert.isAtLeast(timestamp!, killedAt - 1, name)
          for (const other of others) {
            assert.deepStrictEqual(tableOf(site, other), before.get(other), `${other} after ${name} was killed`)
            assert.isTrue(site.devices.get(other)!.health.connected, other)
          }
          assert.deepStrictEqual(
            [site.devices.get(name)!.health.connected, site.devices.get(name)!.health.losses],
            [false, 1]
          )
          follow(copy, reader)
          running.set(name, yield* Effect.promise(() => start[name]!(port)))
          yield* until(site, () => site.isSynced)
          yield* isAsDevice(site, name)
          assert.deepStrictEqual(site.table.get(name, "test.int")!.status === "unreachable", false, name)
        }
        follow(copy, reader)
        assert.deepStrictEqual(
          [...copy.values()].toSorted(),
          site.table
            .snapshot()
            .changed.map((row) => textOf(row.definition, row))
            .toSorted()
        )
        // each loss is one reading of each sensor, no more
        const lost = feed.take().filter((change) => change._tag === "Reading" && change.reading.lost)
        assert.strictEqual(feed.lost, 0)
        assert.strictEqual(lost.length, new Set(lost.map(({ row }) => row.path)).size)
        assert.instanceOf(lost[0]!.row, Row)
      }, Effect.scoped)
    )
  })
)
