import type { Caller } from "../../Site/index.ts"

/** WebSockets of all callers. Not measured: each holds an object for each sensor that it shows. */
const most = 1000
/** WebSockets of one caller. Not measured: a wall of screens has some tens. */
const mostPerCaller = 100

type Who = Pick<Caller["Service"], "from" | "name">

const keyOf = ({ from, name }: Who): string => (name === undefined ? `from ${from}` : `name ${name}`)

/** How many WebSockets there are, of all callers and of each one: a name, or an address without a name. */
export class Places {
  private readonly byCaller = new Map<string, number>()
  private all = 0

  /** Why a caller gets no further WebSocket, in words; `undefined` if one may be opened. */
  refusal(who: Who): string | undefined {
    if (this.all >= most) return `this gateway has ${this.all} WebSockets open, which is the most; try again later`
    const own = this.byCaller.get(keyOf(who)) ?? 0
    return own < mostPerCaller
      ? undefined
      : `you have ${own} WebSockets open here, which is the most for one caller; close some`
  }

  enter(who: Who): void {
    const key = keyOf(who)
    this.all++
    this.byCaller.set(key, (this.byCaller.get(key) ?? 0) + 1)
  }

  leave(who: Who): void {
    const key = keyOf(who)
    const own = (this.byCaller.get(key) ?? 0) - 1
    this.all--
    if (own <= 0) this.byCaller.delete(key)
    else this.byCaller.set(key, own)
  }
}
