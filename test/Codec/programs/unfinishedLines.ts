/** Prints how many megabytes of arrays are left right after 32 unfinished lines of 4 MiB were given up: no garbage is collected. */
import { Parser } from "../../../src/Codec/index.ts"

// small and always the same: what is held is copied
const chunk = Buffer.alloc(1024, "x")
const held = (): number => process.memoryUsage().arrayBuffers / 1048576
const before = held()
const parsers = Array.from({ length: 32 }, () => new Parser())
let largest = 0
for (const parser of parsers) {
  for (let n = 0; n < 4096; n++) {
    parser.feed(chunk)
    parser.next()
  }
  largest = Math.max(largest, parser.pending / 1048576)
}
for (const parser of parsers) parser.release()
console.log(JSON.stringify({ largest, left: Math.round(held() - before) }))
