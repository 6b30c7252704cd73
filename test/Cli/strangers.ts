/** Devices that a site should survive: each listens at a port of its own, and does one thing that no device should. */
import type { Socket } from "node:net"
import { setTimeout } from "node:timers/promises"
import { serve } from "./servers.ts"

interface Sensor {
  readonly name: string
  readonly type: string
  readonly value: string
}

/** The sensors of a stranger, and its actions after its client has listed them. */
interface Stranger {
  readonly sensors: () => ReadonlyArray<Sensor>
  readonly afterwards?: (socket: Socket) => unknown
}

const hello = "#version-connect katcp-protocol 5.1-MIB\n#version-connect katcp-device stranger-1.0 1\n"
const float = (name: string): Sensor => ({ name, type: "float", value: "1.5" })

/** Writes as fast as the other end reads. */
const flood = (socket: Socket, text: () => string): void => {
  const more = () => {
    while (!socket.destroyed && socket.write(text()));
  }
  socket.on("drain", more)
  more()
}

const often = async (socket: Socket, text: () => string): Promise<void> => {
  for (; !socket.destroyed; await setTimeout(10)) socket.write(text(), "latin1")
}

/** The answer of a device to a line. */
const answerTo = (line: string, { sensors }: Stranger): string => {
  const [, name, id = "", words = ""] = /^\?([a-z-]+)(\[\d+\])?(?: (.*))?$/.exec(line) ?? []
  const head = `${name}${id}`
  switch (name) {
    case undefined:
      return ""
    case "sensor-list": {
      const all = sensors()
      return `${all.map(({ name, type }) => `#${head} ${name} doc u ${type}\n`).join("")}!${head} ok ${all.length}\n`
    }
    case "sensor-sampling": {
      const [names = "", ...strategy] = words.split(" ")
      const asked = new Set(names.split(","))
      const readings = sensors()
        .filter(({ name }) => asked.has(name))
        .map(({ name, value }) => `#sensor-status 1 1 ${name} nominal ${value}\n`)
      return `${readings.join("")}!${head} ok ${names} ${strategy.join(" ")}\n`
    }
    case "help":
      return `#${head} help Help.\n!${head} ok 1\n`
    default:
      return `!${head} ok 0\n`
  }
}

/** Starts a stranger; gives where it is. */
const strange = (stranger: Stranger): Promise<string> =>
  serve((socket) => {
    socket.write(hello)
    let rest = ""
    let begun = false
    socket.on("data", (data) => {
      const lines = `${rest}${data.toString("latin1")}`.split("\n")
      rest = lines.pop()!
      const answers = lines.map((line) => answerTo(line, stranger)).join("")
      if (answers !== "") socket.write(answers, "latin1")
      if (begun || !answers.includes("!sensor-sampling")) return
      begun = true
      stranger.afterwards?.(socket)
    })
  })

/** Every byte that a name may have, in names of their own, escaped as KATCP has it. */
const everyName = (): ReadonlyArray<string> => {
  const escapes: Readonly<Record<number, string>> = {
    0: "\\0",
    9: "\\t",
    10: "\\n",
    13: "\\r",
    27: "\\e",
    32: "\\_",
    92: "\\\\"
  }
  const bytes = Array.from({ length: 256 }, (_, code) => escapes[code] ?? String.fromCharCode(code))
  return [...bytes.map((text) => `x${text}y`), "__proto__", "constructor", "a/b", "/", "/a/", "..", "x".repeat(10_000)]
}

/** The strangers by the names that a test gives them. */
export const strangers = {
  /** Sends bytes that are not messages, malformed messages, and readings that fit no sensor's type. */
  garbage: () => {
    let seed = 1
    const noise = Array.from({ length: 4096 }, () =>
      String.fromCharCode((seed = (seed * 75 + 74) % 65_537) % 256)
    ).join("")
    const nonsense = "\n#sensor-status\n!x\n?\n#\n#sensor-status 1 1 a nominal zzz\n#interface-changed\n"
    return strange({ sensors: () => [float("a")], afterwards: (socket) => often(socket, () => `${noise}${nonsense}`) })
  },
  /** Reports readings as fast as they are read. */
  flood: () => {
    const sensors = Array.from({ length: 100 }, (_, n) => float(`s${n}`))
    let count = 0
    const burst = () =>
      Array.from({ length: 500 }, () => `#sensor-status 1 1 s${count % 100} nominal ${++count}\n`).join("")
    return strange({ sensors: () => sensors, afterwards: (socket) => flood(socket, burst) })
  },
  /** Never ends a line. */
  line: () => strange({ sensors: () => [float("a")], afterwards: (socket) => flood(socket, () => "a".repeat(65_536)) }),
  /** Has so many sensors. */
  huge: (count: number) => {
    const sensors = Array.from({ length: count }, (_, n) => float(`sub-${n % 97}.sensor-${n}`))
    return strange({ sensors: () => sensors })
  },
  /** Has names with every byte that there is. */
  names: () => {
    const sensors = everyName().map(float)
    return strange({ sensors: () => sensors })
  },
  /** Replaces its sensors by others of another type, again and again; then by those of one last type. */
  burst: () => {
    const types = [
      ["integer", "7"],
      ["string", "x"],
      ["discrete a b", "a"],
      ["boolean", "1"]
    ] as const
    let generation = 0
    return strange({
      sensors: () => {
        const [type, value] = types[generation % types.length]!
        return ["a", "b", `c${generation}`].map((name) => ({ name, type, value }))
      },
      afterwards: (socket) =>
        often(socket, () => {
          if (generation === 103) return ""
          generation++
          return "#interface-changed\n"
        })
    })
  },
  /** Is a web server. */
  web: () => serve((socket) => socket.on("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))),
  /** Says nothing. */
  silent: () => serve(() => {})
}
