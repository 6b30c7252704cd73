/** Ports on which programs will listen later, or again. */
import { randomInt } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:net"

/** Systems use ports from 32768 on for outgoing connections, which could take such a port meanwhile. */
const lowest = 10_240
const parts = 8
const size = (32_768 - lowest) / parts
// each worker of a test run has a part of its own: the program that will listen may be slow to start
const first = lowest + size * (Number(process.env.VITEST_POOL_ID ?? 0) % parts)
const end = first + size
/** The ports that this process has given out: a program may not have bound its port yet. */
const given = new Set<number>()

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

/** Returns a port of this machine that is not in use and that the system does not assign; another one at each call. */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(first, end)
    if (given.has(port)) continue
    given.add(port)
    if (await isFree(port)) return port
  }
  throw new Error(`no port from ${first} to ${end - 1} is free`)
}
