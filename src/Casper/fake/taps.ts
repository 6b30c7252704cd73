/** The 10 GbE cores of a fake board, and its chassis. */
import type { Message } from "../../Message/index.ts"
import { found, type Handler, isReply, ok, type Reply, refuse } from "./requests.ts"
import type { State, Tap } from "./State.ts"

/** Acts on a started core, or refuses. */
const withTap = (state: State, message: Message, act: (tap: Tap) => void): Reply => {
  const register = message.text(0) ?? ""
  const tap = state.taps.get(register)
  if (tap === undefined) return refuse(state, "fail", `no tap instance ${register}`)
  act(tap)
  return ok
}

const start: Handler = (state, message) => {
  const [name, register, ip] = [0, 1, 2].map((at) => message.text(at))
  if (name === undefined || register === undefined || ip === undefined)
    return refuse(state, "invalid", "need a tap device, a register and an ip address")
  const core = found(state, register)
  if (isReply(core)) return core
  state.taps.set(register, { name, ip, groups: new Set() })
  return ok
}

const stop: Handler = (state, message) => withTap(state, message, () => state.taps.delete(message.text(0)!))

const info: Handler = (state, message, client) => {
  const only = message.text(0)
  for (const [register, { groups, ip, name }] of state.taps)
    if (only === undefined || only === register) client.inform("tap-info", register, [name, ip, ...groups].join(" "))
  return ok
}

const join: Handler = (state, message) => {
  const [, direction, group] = [0, 1, 2].map((at) => message.text(at))
  if ((direction !== "recv" && direction !== "send") || group === undefined)
    return refuse(state, "invalid", "need a register, recv or send, and an address")
  return withTap(state, message, ({ groups }) => groups.add(group))
}

const leave: Handler = (state, message) =>
  withTap(state, message, ({ groups }) => {
    const group = message.text(1)
    if (group === undefined) groups.clear()
    else groups.delete(group)
  })

const settled: Handler = (state, message) => withTap(state, message, () => {})

const led: Handler = (state, message) =>
  message.text(0) === "on" || message.text(0) === "off" ? ok : refuse(state, "invalid", "need on or off")

/** The requests of 10 GbE cores and of the chassis. */
export const taps: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["chassis-led", led],
  ["igmp-version", () => ok],
  ["tap-arp-config", settled],
  ["tap-arp-reload", () => ok],
  ["tap-dhcp", settled],
  ["tap-info", info],
  ["tap-ip-config", settled],
  ["tap-multicast-add", join],
  ["tap-multicast-remove", leave],
  ["tap-route-add", settled],
  ["tap-start", start],
  ["tap-stop", stop]
])
