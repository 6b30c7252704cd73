/** Destinations of an exporter that can be away for a while, and then say what they hold. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { install } from "../../../scripts/debian-programs.ts"
import { freePort } from "../../../scripts/freePort.ts"
import { newFolder, type Started, startInfluxd } from "../../Export/start.ts"
import { smallDisk } from "./disk.ts"

/** The contents of a destination: the values of each sensor, in its order. */
export interface Held {
  readonly values: ReadonlyMap<string, ReadonlyArray<number>>
  /** Readings that were reported to it as missing; `undefined` without reports. */
  readonly gaps: number | undefined
}

/** A destination. */
export interface Destination {
  /** A URL, or a file. */
  readonly to: string
  /** How it goes away. */
  readonly outage: string
  readonly stop: (program: { readonly pid: number }) => Promise<void>
  readonly start: (program: { readonly pid: number }) => Promise<void>
  readonly held: () => Promise<Held>
  readonly remove: () => Promise<void>
}

const gather = () => {
  const values = new Map<string, Array<number>>()
  return {
    values,
    add: (sensor: string, value: number) => {
      // before its first value a sensor has its default
      if (value === 0) return
      const known = values.get(sensor)
      if (known === undefined) values.set(sensor, [value])
      else known.push(value)
    }
  }
}

/** Files on a disk that somebody else fills. */
const file = async (): Promise<Destination> => {
  const folder = mkdtempSync(path.join(tmpdir(), "katcp-export-disk-"))
  const disk = await smallDisk(folder, 100_000_000)
  return {
    to: path.join(disk.folder, "night.ndjson"),
    outage: `the disk is full (${disk.kind})`,
    stop: disk.fill,
    start: disk.free,
    held: async () => {
      const { add, values } = gather()
      let gaps = 0
      // the one that is written to has no time in its name, and comes last
      const files = readdirSync(disk.folder).filter((name) => /^night\.(?:\d+T\d+Z\.)?ndjson$/.test(name))
      for (const name of files.sort()) {
        const [head, ...lines] = readFileSync(path.join(disk.folder, name), "utf8").trimEnd().split("\n")
        if ((JSON.parse(head!) as { readonly katcp?: number }).katcp !== 1) throw new Error(`${name} has no head`)
        for (const line of lines) {
          const json = JSON.parse(line) as {
            readonly event?: string
            readonly lost: number
            readonly name: string
            readonly value: number
          }
          if (json.event === "lost") gaps += json.lost
          else add(json.name, json.value)
        }
      }
      return { values, gaps }
    },
    remove: async () => {
      await disk.remove()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** A real InfluxDB, which is killed and started again. */
const influxd = async (): Promise<Destination | string> => {
  const found = await install("influxd")
  if (!("program" in found)) return found.missing
  const folder = newFolder()
  const port = await freePort()
  let running: Started = await startInfluxd(found.program, folder, port)
  await fetch(`${running.url}/query?q=create+database+katcp`, { method: "POST" })
  return {
    to: `${running.url}/write?db=katcp`,
    outage: "influxd is killed",
    stop: () => running.kill(),
    start: async () => {
      running = await startInfluxd(found.program, folder, port)
    },
    held: async () => {
      const { add, values } = gather()
      const query = encodeURIComponent('select ivalue from katcp group by "sensor"')
      const response = await fetch(`${running.url}/query?db=katcp&q=${query}`)
      const { results } = (await response.json()) as {
        readonly results: ReadonlyArray<{
          readonly series?: ReadonlyArray<{
            readonly tags: { readonly sensor: string }
            readonly values: ReadonlyArray<readonly [time: string, value: number]>
          }>
        }>
      }
      for (const series of results[0]?.series ?? [])
        for (const [, value] of series.values) add(series.tags.sensor, value)
      return { values, gaps: undefined }
    },
    remove: () => running.kill()
  }
}

interface OtlpPoint {
  readonly asInt?: string
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: { readonly stringValue: string } }>
}

/** A collector of our own, whose port is closed and opened again. */
const collector = async (): Promise<Destination> => {
  const { add, values } = gather()
  const server = createServer((request, response) => {
    void request.toArray().then((chunks: Array<Buffer>) => {
      const { resourceMetrics } = JSON.parse(Buffer.concat(chunks).toString()) as {
        readonly resourceMetrics: ReadonlyArray<{
          readonly scopeMetrics: ReadonlyArray<{
            readonly metrics: ReadonlyArray<{
              readonly name: string
              readonly gauge: { readonly dataPoints: ReadonlyArray<OtlpPoint> }
            }>
          }>
        }>
      }
      const { metrics } = resourceMetrics[0]!.scopeMetrics[0]!
      for (const { gauge, name } of metrics)
        if (name === "katcp.sensor.value")
          for (const { asInt, attributes } of gauge.dataPoints)
            if (asInt !== undefined)
              add(attributes.find(({ key }) => key === "katcp.sensor")!.value.stringValue, Number(asInt))
      response.end("{}")
    })
  })
  const port = await freePort()
  const start = () => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
  const stop = () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    return closed
  }
  await start()
  return {
    to: `http://127.0.0.1:${port}`,
    outage: "nothing listens on its port",
    stop,
    start,
    held: async () => ({ values, gaps: undefined }),
    remove: stop
  }
}

/** The destinations by their forms. */
export const destinations = { file, influx: influxd, otlp: collector }
