/** Ports for programs that are to listen there later, or again. */
import { randomInt } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:net"

/** Systems give ports from 32768 on to connections that go out: one of those could be taken meanwhile. */
const first = 10_240
const end = 32_768

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port, "127.0.0.1")
  try {
    await once(server, "listening")
  } catch {
    return false
  }
  server.close()
  await once(server, "close")
  return true
}

/** A port of this machine that nobody listens at, and none is given by the system. */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(first, end)
    if (await isFree(port)) return port
  }
  throw new Error(`no port from ${first} to ${end - 1} is free`)
}
