/**
 * The floor for mirrors, on node:net: `net-mirror.ts HOST PORT SENSORS UPDATES PHASES`. Words in a Map, without checks.
 * Its output is that of programs/mirror.ts.
 */
import * as net from "node:net"
import { type Floor, measureMirror } from "./measureMirror.ts"

const [host, port, , updates, phases] = process.argv.slice(2)

/** Requests all sensors, then the readings of those whose names begin with s. */
const mirror = () =>
  new Promise<Floor>((resolve) => {
    const socket = net.connect({ host: host!, port: Number(port), noDelay: true })
    const sensors = new Map<string, string>()
    const found: Floor = { statuses: () => [...sensors.values()], update: () => {}, close: () => socket.destroy() }
    let rest = ""
    socket.on("data", (chunk: Buffer) => {
      const text = rest + chunk.toString("latin1")
      let at = 0
      for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", at)) {
        const words = text.substring(at, end).split(" ")
        at = end + 1
        const [head = "", , , name = ""] = words
        if (head === "#sensor-status") {
          sensors.set(name, words[4]!)
          found.update()
        } else if (head === "#sensor-list[1]") sensors.set(words[1]!, "unknown")
        else if (head === "!sensor-list[1]") {
          const names = [...sensors.keys()].filter((name) => name.startsWith("s"))
          for (let at = 0; at < names.length; at += 2000)
            socket.write(`?sensor-sampling[2] ${names.slice(at, at + 2000).join(",")} auto\n`)
          socket.write("?watchdog[3]\n")
        } else if (head === "!watchdog[3]") resolve(found)
      }
      rest = text.substring(at)
    })
    socket.write("?sensor-list[1]\n")
  })

await measureMirror(mirror, Number(updates), Number(phases))
