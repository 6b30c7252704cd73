/** Servers that are not devices, or bad ones, and a relay that sees how connections to a good one end. */
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"
import { afterAll } from "vitest"

const servers = new Set<Server>()
afterAll(() => {
  for (const server of servers) server.close()
})

const listening = async (server: Server): Promise<string> => {
  servers.add(server)
  // what is left of them is not to keep the tests from ending
  server.unref().listen(0, "127.0.0.1")
  await once(server, "listening")
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A server that does something with each connection; gives where it is. */
export const serve = (use: (socket: Socket) => void): Promise<string> =>
  listening(
    createServer((socket) => {
      socket.on("error", () => {})
      socket.resume()
      use(socket)
    })
  )

/** The first lines of a device of version 5; without flag T, so clients send no requests by themselves. */
export const greeting = "#version-connect katcp-protocol 5.1-MI\n#version-connect katcp-device bad-1.0 bad-1.0.0\n"

/** A device that greets, and does something else than answer: it is given the name and id of each request. */
export const badDevice = (answer: (socket: Socket, head: string) => void): Promise<string> =>
  serve((socket) => {
    socket.write(greeting)
    socket.on("data", (data) => {
      for (const [, head] of data.toString("latin1").matchAll(/\?([a-z-]+(?:\[\d+\])?)/g)) answer(socket, head!)
    })
  })

/** A way to a device that sees how many connections are open, and what clients and device have said over all of them. */
export const relay = async (to: string) => {
  const [host, port] = to.split(":")
  const seen = { open: 0, clients: "", device: "" }
  const watchers = new Set<() => void>()
  const changed = () => {
    for (const watcher of watchers) watcher()
  }
  const address = await listening(
    createServer((near) => {
      const far = connect(Number(port), host)
      seen.open++
      near.on("data", (data) => {
        seen.clients += data.toString("latin1")
        changed()
      })
      far.on("data", (data) => {
        seen.device += data.toString("latin1")
        changed()
      })
      near.pipe(far)
      far.pipe(near)
      far.on("error", () => near.destroy())
      near.on("error", () => far.destroy())
      // what is left to be sent goes out first; a pipe that has lost its end reads no further by itself
      far.on("close", () => near.resume().end())
      near.on("close", () => {
        far.destroy()
        seen.open--
        changed()
      })
    })
  )
  /** Waits until what was seen is as wanted. */
  const until = (wanted: (connections: typeof seen) => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!wanted(seen)) return
        watchers.delete(look)
        resolve()
      }
      watchers.add(look)
      look()
    })
  return { address, until }
}
