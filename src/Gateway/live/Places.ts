import type { Caller } from "../../Site/index.ts"

/** WebSockets of all callers. Not measured: each holds an object for each sensor that it shows. */
const maxSockets = 1000
/** WebSockets of one caller. Not measured: a wall of screens has some tens. */
const mostPerCaller = 100

type Who = Pick<Caller["Service"], "from" | "name">

const keyOf = ({ from, name }: Who): string => (name === undefined ? `from ${from}` : `name ${name}`)

/** The numbers of WebSockets, of all callers and of each: a name, or an address without a name. */
export class Places {
  private readonly byCaller = new Map<string, number>()
  private all = 0

  /** Returns the reason why a caller gets no further WebSocket, for people; `undefined` if one can be opened. */
  refusal(who: Who): string | undefined {
    if (this.all >= maxSockets)
      return `this gateway has ${this.all} WebSockets open, which is the limit; try again later`
    const own = this.byCaller.get(keyOf(who)) ?? 0
    return own < mostPerCaller
      ? undefined
      : `you have ${own} WebSockets open here, which is the limit for one caller; close some`
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
