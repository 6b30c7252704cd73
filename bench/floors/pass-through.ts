/** The least that a proxy of one sensor can do: what its one connection reads goes to all clients. `node pass-through.ts PORT` */
import * as net from "node:net"

const clients = new Set<net.Socket>()
const device = net.connect({ port: Number(process.argv[2]), host: "127.0.0.1", noDelay: true })
device.write("?sensor-sampling s0 event\n")
device.on("data", (chunk) => {
  for (const client of clients) client.write(chunk)
})
const server = net.createServer({ noDelay: true }, (client) => {
  client.once("data", () => {
    client.write("!sensor-sampling ok\n")
    clients.add(client)
  })
  client.on("close", () => clients.delete(client))
})
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as net.AddressInfo
  process.stdout.write(`listening on 127.0.0.1:${port}\n`)
})
