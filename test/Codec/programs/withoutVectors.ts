/** Prints a digest of long lines as they are read. With --no-wasm, WebAssembly is missing, as where a policy forbids it. */
import { createHash } from "node:crypto"

if (process.argv.includes("--no-wasm")) Reflect.deleteProperty(globalThis, "WebAssembly")
const { encode, Parser } = await import("../../../src/Codec/index.ts")
const { vectors } = await import("../../../src/Codec/vectors.ts")
const { isMessage, make } = await import("../../../src/Message/index.ts")

const hash = createHash("sha256")
let messages = 0
for (let size = 1; size < 3000; size += 61)
  for (const word of ["a", "\\_", "bc\\\\d", "\xff\\@", "1 ", "2\\n  ", "\t3", "\\x"]) {
    const bytes = Buffer.from(`?x ${word.repeat(size)}\n`, "latin1")
    for (const found of new Parser().push(new Uint8Array(bytes))) {
      if (!isMessage(found)) hash.update(`${found.reason} ${found.position}`)
      else {
        messages++
        for (let index = 0; index < found.length; index++) hash.update(found.bytes(index)!).update(found.text(index)!)
        hash.update(encode(found)).update(encode(make(found.kind, found.name, found.arguments)))
      }
    }
  }
console.log(JSON.stringify({ digest: hash.digest("hex"), isFast: vectors() !== undefined, messages }))
