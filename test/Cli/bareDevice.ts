/** A device that a test scripts: what it says to each request. */
import { once } from "node:events"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { onTestFinished } from "vitest"

/** Serves until the test ends; `answer` writes what the device says to a request, whose id is in brackets or empty. */
export const bareDevice = async (
  answer: (socket: Socket, name: string, id: string, words: ReadonlyArray<string>) => void,
  version = "5.1-IM"
) => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => {}).on("close", () => sockets.delete(socket))
    socket.write(
      version.startsWith("5")
        ? `#version-connect katcp-protocol ${version}\n`
        : "#version bare-1.0\n#build-state bare-1.0.0\n"
    )
    let rest = ""
    socket.setEncoding("latin1").on("data", (text: string) => {
      const lines = (rest + text).split("\n")
      rest = lines.pop()!
      for (const line of lines) {
        const [head = "", ...words] = line.split(" ")
        const [, name = "", id = ""] = /^\?([a-z-]+)(\[\d+\])?$/.exec(head) ?? []
        answer(socket, name, id, words)
      }
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const close = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(close)
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, sockets, close }
}
