/**
 * Loaded before a program (`node --expose-gc --import`): at each SIGUSR2 it collects garbage, and writes the objects that
 * are left, by class, to the file that `HEAP` names.
 */
import { writeFileSync } from "node:fs"
import { getHeapSnapshot } from "node:v8"

/** The objects of one class: `object Socket`, `closure onread`, `native TCPWrap`. */
export interface Heap {
  readonly [kind: string]: { readonly count: number; readonly bytes: number }
}

interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: ReadonlyArray<string>; readonly node_types: [Array<string>] }
  }
  readonly nodes: ReadonlyArray<number>
  readonly strings: ReadonlyArray<string>
}

const taken = async (): Promise<Heap> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of getHeapSnapshot()) chunks.push(chunk as Buffer)
  const { nodes, snapshot, strings } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Snapshot
  const { node_fields: fields, node_types } = snapshot.meta
  const [type, name, size] = ["type", "name", "self_size"].map((field) => fields.indexOf(field)) as [
    number,
    number,
    number
  ]
  const heap: { [kind: string]: { count: number; bytes: number } } = {}
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = node_types[0][nodes[at + type]!]!
    // the names of texts and numbers are their values
    const key = /string|number|code/.test(kind) ? kind : `${kind} ${strings[nodes[at + name]!]!.slice(0, 60)}`
    const sum = (heap[key] ??= { count: 0, bytes: 0 })
    sum.count++
    sum.bytes += nodes[at + size]!
  }
  return heap
}

const file = process.env.HEAP
if (file !== undefined)
  process.on("SIGUSR2", () => {
    globalThis.gc?.()
    void taken().then((heap) => writeFileSync(file, JSON.stringify(heap)))
  })
