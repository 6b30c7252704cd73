/**
 * Replays the sessions under `golden/` against a device and compares what comes back.
 *
 * The sessions were recorded for this project with a raw socket from the example device on aiokatcp 2.3.0 (`aio-*`), on
 * katcp-python 0.9.3 as a version 5.1 device (`kp-*`) and as a version 4 device (`kp4-*`), each just started. `> ` is a
 * line sent, `< ` a line received, `# ` a comment: the head, time passing, or what another client does. Bytes outside
 * printable ASCII are shown as \xNN; `<...>` marks a cut in a long text.
 *
 * A session passes when kinds, names, ids, order, return codes, counts and values agree. Texts for people, times that the
 * device takes from its clock, client addresses and library versions do not count, nor does the form in which the numbers
 * of a strategy are written. That time passes shows in the reports that come meanwhile: nothing else waits for it.
 */
import { readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import type { Device } from "./peers.ts"
import { Wire } from "./wire.ts"

const folder = path.join(import.meta.dirname, "golden")

/** The names of all sessions. */
export const sessions: ReadonlyArray<string> = readdirSync(folder)
  .filter((file) => file.endsWith(".txt"))
  .map((file) => path.basename(file, ".txt"))
  .sort()

/** The lines of a session, without its head. */
export const lines = (session: string): ReadonlyArray<string> =>
  readFileSync(path.join(folder, `${session}.txt`), "latin1")
    .replace(/\n$/, "")
    .split("\n")
    .filter((line) => !/^# (Peer:|Scenario:|Variable:|The first lines )/.test(line))

/** Intended differences of a device from a recorded one. */
export interface Departure {
  /** The sessions that it is needed in. */
  readonly sessions: ReadonlyArray<string>
  /** Consecutive lines of the session; ` ...` at the end of a line stands for any rest. */
  readonly golden: ReadonlyArray<string>
  /** Their replacement. */
  readonly ours: ReadonlyArray<string>
  /** The rows of the requirements that govern it. */
  readonly rows: string
  readonly why: string
}

const stands = (pattern: string, line: string | undefined): boolean =>
  line !== undefined && (pattern.endsWith(" ...") ? line.startsWith(pattern.slice(0, -3)) : line === pattern)

/** The session with the departure put in, or undefined when it does not occur there. */
export const depart = (session: ReadonlyArray<string>, departure: Departure): ReadonlyArray<string> | undefined => {
  const { golden, ours } = departure
  const result: Array<string> = []
  let found = false
  for (let at = 0; at < session.length; ) {
    if (golden.every((pattern, i) => stands(pattern, session[at + i]))) {
      result.push(...ours)
      at += golden.length
      found = true
    } else result.push(session[at++]!)
  }
  return found ? result : undefined
}

interface Message {
  readonly kind: string
  readonly name: string
  readonly id: string | undefined
  readonly args: ReadonlyArray<string>
}

const escapes: Record<string, string> = {
  "\\": "\\",
  _: " ",
  "0": "\0",
  n: "\n",
  r: "\r",
  e: "\x1b",
  t: "\t",
  "@": ""
}

const parse = (line: string): Message | undefined => {
  const match = /^([?!#])([A-Za-z][A-Za-z0-9-]*)(?:\[([0-9]+)\])?((?:[ \t]+[^ \t]+)*)[ \t]*$/.exec(line)
  if (match === null) return undefined
  const [, kind = "", name = "", id, rest = ""] = match
  const words = rest.split(/[ \t]+/).slice(1)
  return { kind, name, id, args: words.map((word) => word.replace(/\\(.)/g, (_, letter) => escapes[letter] ?? "?")) }
}

/** A time that the device took from its clock when the session was recorded, in seconds or milliseconds. */
const isRecent = (time: number): boolean => (time > 1.79e9 && time < 1.8e9) || (time > 1.79e12 && time < 1.8e12)

/** Times agree when both came from the clock, in the same unit, or when they are the same number. */
const sameTime = (golden: string, actual: string): boolean => {
  if (!/^\d+(\.\d+)?$/.test(actual)) return false
  if (!isRecent(Number(golden))) return Number(golden) === Number(actual)
  return Number(golden) < 1e12 ? Number(actual) > 1e9 && Number(actual) < 1e11 : /^\d{13}$/.test(actual)
}

const text = (_golden: string, actual: string): boolean => actual !== ""
const same = (golden: string, actual: string): boolean => golden === actual
/** A protocol version; its flags have no order. */
const version = (golden: string, actual: string): boolean => {
  const [number, flags = ""] = golden.split("-")
  const [itsNumber, itsFlags = ""] = actual.split("-")
  return number === itsNumber && [...flags].sort().join("") === [...itsFlags].sort().join("")
}
const number = (golden: string, actual: string): boolean => Number(golden) === Number(actual)
/** The same number, in any form; other text must be equal. */
const sameNumber = (golden: string, actual: string): boolean =>
  golden === actual || (golden !== "" && actual !== "" && number(golden, actual))

type Compare = (golden: string, actual: string) => boolean

/** How to compare each argument of a message; the last stands for all that follow. */
const comparisons = (golden: Message, addresses: ReadonlyArray<string>): ReadonlyArray<Compare> => {
  const { args, kind, name } = golden
  if (kind === "!" && (args[0] === "fail" || args[0] === "invalid")) return [same, text]
  if (kind === "!" && name === "sensor-sampling") return [same, same, same, sameNumber]
  if (kind === "!") return name === "time" ? [same, sameTime] : name === "pick-fruit" ? [same, text] : [same]
  switch (name) {
    case "client-connected":
      return [(_, actual) => actual.includes(addresses.at(-1) ?? "no other client")]
    case "client-list":
      return [(_, actual) => addresses.includes(actual)]
    case "disconnect":
    case "pick-fruit":
      return [text]
    case "help":
      return [same, text]
    case "log":
      return [same, sameTime, text, text]
    case "request-timeout-hint":
      return [same, number]
    case "sensor-value":
    case "sensor-status":
      return [sameTime, same, same, same, /^(test\.timestamp|time\.result)$/.test(args[2] ?? "") ? sameTime : same]
    case "version-connect":
    case "version-list":
      return args[0] === "katcp-library" ? [same, text] : args[0] === "katcp-protocol" ? [same, version] : [same]
    default:
      return [same]
  }
}

/** `true` if a line that came is the recorded one, in all that counts. `addresses`: ours, then the other client's. */
export const agrees = (golden: string, actual: string, addresses: ReadonlyArray<string>): boolean => {
  const wanted = parse(golden)
  const came = parse(actual)
  if (wanted === undefined || came === undefined) return golden === actual
  if (wanted.kind !== came.kind || wanted.name !== came.name || wanted.id !== came.id) return false
  // whether there is fruit is left to chance
  if (wanted.kind === "!" && wanted.name === "pick-fruit" && came.args[0] === "fail") return came.args.length === 2
  if (wanted.args.length !== came.args.length) return false
  const compare = comparisons(wanted, addresses)
  return wanted.args.every((arg, i) => (compare[i] ?? compare.at(-1)!)(arg, came.args[i]!))
}

const bytes = (line: string): string =>
  line.replace(/\\x([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))

/** Sends requests, each in a line, and waits for their replies; whatever else comes on the way is passed over. */
const call = async (wire: Wire, requests: string): Promise<void> => {
  wire.send(requests)
  for (const request of requests.split("\n")) {
    const name = /^\?([a-z-]+)/.exec(request)?.[1]
    let line: string | undefined
    do {
      line = await wire.line()
      if (line === undefined) throw new Error(`the connection was closed instead of a reply to ${request}`)
    } while (!line.startsWith(`!${name} `))
  }
}

/** Plays the session and fails at the first line that disagrees, also at one that should not have come. */
export const replay = async (session: ReadonlyArray<string>, device: Device): Promise<void> => {
  const wire = await Wire.open(device.host, device.port)
  const addresses = [wire.address]
  const played: Array<string> = []
  let other: Wire | undefined
  let at = 0

  const expect = async (wanted: ReadonlyArray<string>): Promise<void> => {
    const left = [...wanted]
    while (left.length > 0) {
      const line = await wire.line().catch((error: Error) => error.message)
      const found = left.findIndex((golden) => line !== undefined && agrees(golden, line, addresses))
      if (found < 0) {
        const came = line === undefined ? "the connection was closed" : `< ${line}`
        throw new Error(
          [`after`, ...played.slice(-6), `expected`, ...left.map((golden) => `< ${golden}`), `but`, came].join("\n")
        )
      }
      played.push(`< ${line}`)
      left.splice(found, 1)
    }
  }

  while (at < session.length) {
    const step = session[at++]!
    const content = step.slice(2)
    if (step.startsWith(">")) {
      wire.send(bytes(content))
    } else if (step.startsWith("<")) {
      const wanted = [content]
      // the order of clients is not defined
      while (content.startsWith("#client-list") && session[at]?.startsWith("< #client-list"))
        wanted.push(session[at++]!.slice(2))
      await expect(wanted)
      continue
    } else if (content === "another client connects") {
      other = await Wire.open(device.host, device.port)
      addresses.push(other.address)
      // once it is greeted, the device knows it
      await other.line()
    } else if (content.startsWith("the other client sends: ") && other !== undefined) {
      await call(other, bytes(content.slice("the other client sends: ".length)))
    } else if (content === "the other client disconnects" && other !== undefined) {
      await other.close()
      addresses.pop()
      // by its reply the device has seen the end of the other
      await call(wire, "?watchdog")
    } else if (content === "the server closed the connection") {
      const line = await wire.line()
      if (line !== undefined) throw new Error(`expected the end of the connection, but < ${line}`)
      await other?.close()
      return
    } else if (!/^[0-9.]+ s pass$/.test(content)) throw new Error(`no such step: ${step}`)
    played.push(step)
  }
  // nothing more may come: the next line is the answer to this
  wire.send("?watchdog")
  await expect(["!watchdog ok"])
  await wire.close()
  await other?.close()
}
