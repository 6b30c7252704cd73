/** The list of what is due, held against a Set, which keeps the same order. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { DueList, type Linked } from "../../../src/Client/sensors/DueList.ts"

class Item implements Linked<Item> {
  isListed = false
  before: Item | undefined = undefined
  after: Item | undefined = undefined
}

const Step = Schema.Struct({
  what: Schema.Literals(["add", "delete"]),
  which: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 }))
})

describe("the list of due items", () => {
  it.prop("behaves like a Set", { steps: Schema.Array(Step) }, ({ steps }) => {
    const items = Array.from({ length: 5 }, () => new Item())
    const list = new DueList<Item>()
    const set = new Set<Item>()
    for (const { what, which } of steps) {
      list[what](items[which]!)
      set[what](items[which]!)
      const listed: Array<Item> = []
      for (let item = list.first; item !== undefined; item = item.after) listed.push(item)
      assert.deepStrictEqual(
        listed.map((item) => items.indexOf(item)),
        [...set].map((item) => items.indexOf(item))
      )
      assert.strictEqual(list.isEmpty, set.size === 0)
    }
  })
})
