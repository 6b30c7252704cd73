/** Readings as metrics of OTLP, in the form for Effect's serializer. */
import type { MetricsData } from "effect/observability/OtlpMetrics"
import { type Change, codeOf, type Row } from "../../Site/index.ts"
import { type Kind, kindOf, numberOf, optionsOf, shownText, textOf } from "../value.ts"

type Metric = MetricsData["resourceMetrics"][number]["scopeMetrics"][number]["metrics"][number]
type Point = NonNullable<Metric["gauge"]>["dataPoints"][number]
type Attribute = Point["attributes"][number]

/** The common part of a sensor's points. */
interface Head {
  readonly kind: Kind
  readonly attributes: Array<Attribute>
  readonly states: ReadonlyArray<readonly [option: string, attributes: Array<Attribute>]>
}

const attribute = (key: string, text: string): Attribute => ({ key, value: { stringValue: shownText(text) } })

const headOf = (row: Row, mostStates: number): Head => {
  const { definition, device, name } = row
  const kind = kindOf(row)
  const { units } = definition
  const attributes = [
    attribute("katcp.device", device),
    attribute("katcp.sensor", name),
    attribute("katcp.type", definition.type.sensorType!),
    ...(units === "" ? [] : [attribute("katcp.units", units)])
  ]
  const options = kind === "state" ? optionsOf(row) : []
  return {
    kind,
    attributes,
    states:
      options.length > mostStates
        ? []
        : options.map((option) => [option, [...attributes, attribute("katcp.state", option)]] as const)
  }
}

/** The nanoseconds of a time; those of the arrival, if the form cannot hold the time: before 1970, or after 2554. */
const nanosOf = (seconds: number, otherwise: number): string => {
  const micros = Math.round((seconds >= 0 && seconds < 1.8e10 ? seconds : otherwise) * 1e6)
  return micros === 0 ? "0" : `${micros}000`
}

/** The flag of a point without a value. Given by OTLP: `DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK`. */
const noRecordedValue = 1
/** The range of an integer point. Given by OTLP: 64 bits with a sign. */
const largest = 2n ** 63n - 1n

/** Converts changes into metrics. */
export class OtlpMetrics {
  private readonly heads = new WeakMap<Row, Head>()
  private readonly mostStates: number

  constructor(mostStates: number) {
    this.mostStates = mostStates
  }

  /** Returns the metrics of changes, and the number of readings among them. */
  of(changes: ReadonlyArray<Change>): { readonly metrics: Array<Metric>; readonly readings: number } {
    const values: Array<Point> = []
    const statuses: Array<Point> = []
    const states: Array<Point> = []
    let readings = 0
    for (const change of changes) {
      if (change._tag !== "Reading") continue
      readings++
      const { reading, row } = change
      const { attributes, kind, states: options } = this.headFor(row)
      const timeUnixNano = nanosOf(reading.timestamp, reading.received)
      const common = { startTimeUnixNano: "0", timeUnixNano }
      statuses.push({ ...common, attributes, asInt: codeOf(reading.status) })
      const isFresh =
        reading.latin1 !== undefined &&
        (reading.status === "nominal" || reading.status === "warn" || reading.status === "error")
      if (kind === "state") {
        const now = isFresh ? textOf(reading) : ""
        for (const [option, attributes] of options)
          states.push(
            isFresh
              ? { ...common, attributes, asInt: option === now ? 1 : 0 }
              : { ...common, attributes, flags: noRecordedValue }
          )
      } else if (kind !== "text") {
        if (!isFresh) values.push({ ...common, attributes, flags: noRecordedValue })
        else if (kind === "integer")
          values.push({ ...common, attributes, ...integer(reading.value as number | bigint) })
        else values.push({ ...common, attributes, asDouble: numberOf(kind, reading) })
      }
    }
    const gauge = (name: string, description: string, dataPoints: Array<Point>): ReadonlyArray<Metric> =>
      dataPoints.length === 0 ? [] : [{ name, description, unit: "", gauge: { dataPoints } }]
    return {
      metrics: [
        ...gauge("katcp.sensor.value", "The value of a sensor.", values),
        ...gauge(
          "katcp.sensor.status",
          "0 unknown, 1 nominal, 2 warn, 3 error, 4 failure, 5 unreachable, 6 inactive.",
          statuses
        ),
        ...gauge("katcp.sensor.state", "1 for the option that a discrete sensor has, 0 for the others.", states)
      ],
      readings
    }
  }

  private headFor(row: Row): Head {
    let head = this.heads.get(row)
    if (head === undefined) {
      head = headOf(row, this.mostStates)
      this.heads.set(row, head)
    }
    return head
  }
}

/** An integer of 64 bits, as text, because JSON's numbers cannot hold all of them; a larger one as a double. */
const integer = (value: number | bigint): { readonly asInt: string } | { readonly asDouble: number } =>
  typeof value === "bigint" && (value > largest || value < -largest - 1n)
    ? { asDouble: Number(value) }
    : { asInt: `${value}` }
