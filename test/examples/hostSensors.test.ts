import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import { Client } from "katcp"
import { NodeClient } from "katcp/Node"
import { connect } from "katcp/Testing"
import { HostDevice, HostDeviceLive } from "../../examples/hostSensors/device.ts"
import { Host, HostError, type Probe } from "../../examples/hostSensors/host.ts"

const root = path.join(import.meta.dirname, "..", "..")

/** Readings by the names of their sensors, as `nominal 1.5`. */
const readings = Effect.fnUntraced(function* (client: Pick<Client.Client<never, never>, "call">) {
  const { informs } = yield* client.call("sensor-value")
  return Object.fromEntries(informs.map((inform) => [inform.text(2)!, `${inform.text(3)} ${inform.text(4)}`]))
})

describe("the host as a device", () => {
  it.effect(
    "reads its host every second; a part that cannot be read fails by itself (C-119)",
    Effect.fnUntraced(function* () {
      const state = { load: 0.5, free: 1000, disk: true }
      const probe: Probe = { name: "temp.hwmon0.1", doc: "Temperature 1 of k10temp", read: Effect.succeed(41.5) }
      const host = Layer.succeed(Host, {
        load: Effect.sync(() => [state.load, 1, 2] as const),
        freeMemory: Effect.sync(() => state.free),
        disk: Effect.suspend(() =>
          state.disk
            ? Effect.succeed({ size: 100, free: 50 })
            : Effect.fail(new HostError({ message: "the disk is gone" }))
        ),
        probes: Effect.succeed([probe])
      })
      const { client } = yield* connect(HostDevice, Layer.provide(HostDeviceLive, host))
      const expected = {
        "loadavg.1min": "nominal 0.5",
        "loadavg.5min": "nominal 1.0",
        "loadavg.15min": "nominal 2.0",
        "memory.free": "nominal 1000",
        "disk.size": "nominal 100",
        "disk.free": "nominal 50",
        "temp.hwmon0.1": "nominal 41.5"
      }
      assert.deepStrictEqual(yield* readings(client), expected)
      Object.assign(state, { load: 3.25, free: 7, disk: false })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* readings(client), {
        ...expected,
        "loadavg.1min": "nominal 3.25",
        "memory.free": "nominal 7",
        "disk.size": "failure 100",
        "disk.free": "failure 50"
      })
    })
  )

  it.live(
    "finds the temperatures of Linux, if there are any",
    Effect.fnUntraced(function* () {
      const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
      for (const [chip, files] of [
        ["hwmon0", { name: "k10temp\n", temp1_input: "41500\n", temp2_input: "-250\n", temp1_label: "Tctl\n" }],
        ["hwmon1", { name: "nvme\n", in0_input: "1\n" }]
      ] as const) {
        mkdirSync(path.join(folder, chip))
        for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, chip, file), text)
      }
      const probesOf = (hardware: string) =>
        Effect.flatMap(Effect.provide(Effect.service(Host), Host.layer("/", hardware)), ({ probes }) => probes)
      const probes = yield* probesOf(folder)
      assert.deepStrictEqual(
        probes.map(({ doc, name }) => [name, doc]),
        [
          ["temp.hwmon0.1", "Temperature 1 of k10temp"],
          ["temp.hwmon0.2", "Temperature 2 of k10temp"]
        ]
      )
      assert.deepStrictEqual(yield* Effect.forEach(probes, ({ read }) => read), [41.5, -0.25])
      assert.deepStrictEqual(yield* probesOf(path.join(folder, "none")), [])
    })
  )

  it.live(
    "runs as a program, on this host",
    Effect.fnUntraced(function* () {
      const child = spawn(process.execPath, ["examples/hostSensors.ts", "0"], { cwd: root })
      yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
      const [line] = yield* Effect.promise(() => once(createInterface({ input: child.stdout }), "line"))
      const port = Number(/^listening on 127\.0\.0\.1:(\d+)$/.exec(String(line))?.[1])
      const client = yield* Effect.provide(Client.make(HostDevice), NodeClient.tcp({ port }))
      const found = yield* readings(client)
      for (const name of ["disk.size", "disk.free", "memory.free"]) assert.match(found[name]!, /^nominal \d+$/, name)
      assert.match(found["loadavg.1min"]!, /^nominal \d+\.\d+$/)
    })
  )
})
