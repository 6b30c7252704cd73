/**
 * The floor for mirrors, on node:net: `net-mirror.ts HOST PORT SENSORS UPDATES PHASES`. Words in a Map, without checks.
 * Its output is that of programs/mirror.ts.
 */
import * as net from "node:net"

const [host, port, , updates, phases] = process.argv.slice(2)
const clock = () => performance.now() / 1000
const cpuOf = (since: NodeJS.CpuUsage) => {
  const { system, user } = process.cpuUsage(since)
  return (user + system) / 1e6
}
const put = (line: object) => console.log(JSON.stringify(line))

interface Mirror {
  readonly socket: net.Socket
  readonly sensors: Map<string, string>
  update: () => void
}

/** Requests all sensors, then the readings of those whose names begin with s. */
const mirror = () =>
  new Promise<Mirror>((resolve) => {
    const socket = net.connect({ host: host!, port: Number(port), noDelay: true })
    const found: Mirror = { socket, sensors: new Map(), update: () => {} }
    const { sensors } = found
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

const runs: Array<{ readonly secs: number; readonly cpu: number; readonly n: number }> = []
for (let time = 0; time < 12; time++) {
  const since = clock()
  const cpu = process.cpuUsage()
  const { sensors, socket } = await mirror()
  const line = { secs: clock() - since, cpu: cpuOf(cpu) }
  runs.push({ ...line, n: [...sensors.values()].filter((status) => status === "nominal").length })
  socket.destroy()
}
const [first, ...others] = runs
put({ scenario: "first", ...first })
put({ scenario: "sync", ...others.sort((one, other) => one.secs - other.secs)[others.length >> 1] })

const wanted = Number(updates)
const following = await mirror()
for (let phase = 0; phase < Number(phases); phase++) {
  let seen = 0
  let since = 0
  let cpu = process.cpuUsage()
  const { promise: done, resolve } = Promise.withResolvers<void>()
  following.update = () => {
    seen++
    if (seen === wanted >> 1) {
      since = clock()
      cpu = process.cpuUsage()
    } else if (seen === wanted) {
      const n = wanted - (wanted >> 1)
      put({ scenario: "updates", n, secs: clock() - since, cpu: cpuOf(cpu), us: (cpuOf(cpu) / n) * 1e6 })
      resolve()
    }
  }
  put({ scenario: "ready" })
  await done
}
following.socket.destroy()
