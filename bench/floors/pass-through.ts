/**
 * The floor for proxies: `node pass-through.ts PORT-OF-DEVICE SENSORS PORT`. Data from its one connection to the device
 * goes unchanged to all clients that sample. A client's `?watchdog` is answered here; `?m000-watchdog` goes to the
 * device over a separate connection, with only the name changed.
 */
import * as net from "node:net"

const [devicePort = "0", count = "0", ownPort = "0"] = process.argv.slice(2)
const dial = () => net.connect({ port: Number(devicePort), host: "127.0.0.1", noDelay: true })

const clients = new Set<net.Socket>()
const names = Array.from({ length: Number(count) }, (_, n) => `s${n}`)
/** The first readings, which a client gets when it begins to sample. */
let first = ""
let waiting = 0
const device = dial()
device.write(`?sensor-sampling ${names.join(",")} event\n`)
device.on("data", (chunk) => {
  if (waiting < names.length) {
    for (const line of chunk.toString("latin1").split("\n")) {
      if (!line.startsWith("#sensor-status")) continue
      first += `${line}\n`
      waiting++
    }
    if (waiting >= names.length) listen()
    return
  }
  for (const client of clients) client.write(chunk)
})

/** Calls a function with the whole lines of each chunk, as one text. */
const lines = (socket: net.Socket, take: (text: string) => void): void => {
  let rest = ""
  socket.on("data", (chunk) => {
    const text = rest + chunk.toString("latin1")
    const end = text.lastIndexOf("\n") + 1
    rest = text.slice(end)
    if (end > 0) take(text.slice(0, end))
  })
}

const requests = (client: net.Socket): net.Socket => {
  const own = dial()
  lines(own, (text) => client.write(text.replace(/^#.*\n/gm, "").replaceAll("!", "!m000-")))
  client.on("close", () => own.destroy())
  return own
}

const server = net.createServer({ noDelay: true }, (client) => {
  let own: net.Socket | undefined
  client.on("error", () => {})
  client.on("close", () => clients.delete(client))
  lines(client, (text) => {
    if (text.startsWith("?m000-")) {
      own ??= requests(client)
      own.write(text.replaceAll("?m000-", "?"))
      return
    }
    for (const [, request = "", id = ""] of text.matchAll(/^\?([a-z-]+)(\S*)/gm)) {
      if (request === "sensor-sampling" && !clients.has(client)) {
        clients.add(client)
        client.write(first)
      }
      client.write(`!${request}${id} ok\n`)
    }
  })
})
const listen = () =>
  server.listen(Number(ownPort), "127.0.0.1", () => {
    const { port } = server.address() as net.AddressInfo
    process.stdout.write(`listening on 127.0.0.1:${port}\n`)
  })
