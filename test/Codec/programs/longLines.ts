/** Prints the megabytes of arrays that an idle process still holds, at most ten seconds after a burst of long lines. */
import { setTimeout as sleep } from "node:timers/promises"
import { Parser } from "../../../src/Codec/index.ts"

const piece = new TextEncoder().encode("x".repeat(65_536))
const head = new TextEncoder().encode("?echo[1] ")
const end = new TextEncoder().encode("\n")
const held = (): number => process.memoryUsage().arrayBuffers / 1e6

const parser = new Parser()
let lines = 0
for (let line = 0; line < 12; line++) {
  parser.push(head)
  for (let at = 0; at < 64; at++) parser.push(piece)
  lines += parser.push(end).length
}
const after = held()
for (let look = 0; look < 100 && held() > 4; look++) await sleep(100)
console.log(JSON.stringify({ lines, after, idle: held() }))
