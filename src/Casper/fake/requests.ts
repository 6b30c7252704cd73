/** The answers of a fake board, request by request, like those of tcpborphserver3. */
import type { ArgumentValue, Message } from "../../Message/index.ts"
import type * as Fpg from "../fpg/index.ts"
import { type BoardClient, isLevel } from "./Clients.ts"
import type { State } from "./State.ts"
import { words } from "./words.ts"

/** The return code and the arguments after it. */
export type Reply = ReadonlyArray<ArgumentValue>
export type Handler = (state: State, message: Message, client: BoardClient) => Reply

export const ok: Reply = ["ok"]

/** Refuses a request. The reason is only a line of the log. */
export const refuse = (state: State, code: "fail" | "invalid", reason: string, level: "error" | "fatal" = "error") => {
  state.clients.log(level, "raw", reason)
  return [code]
}

/** Parses a whole number as C does: text after the digits is ignored. */
const numberOf = (text: string): number => Number(/^(?:0x[0-9a-f]+|\d+)/i.exec(text)?.[0] ?? Number.NaN)

/** Parses a place in bits, from `BYTES:BITS`. */
const bitsOf = (text: string): number => {
  const [bytes = "", bits = "0"] = text.split(":")
  return numberOf(bytes === "" ? "0" : bytes) * 8 + numberOf(bits)
}

const sizeInBits = ({ bits, length }: Fpg.Register): number => length * 8 + bits

/** Returns the register of this name, or the refusal. */
export const found = (state: State, name: string): Fpg.Register | Reply =>
  !state.isProgrammed
    ? refuse(state, "fail", "fpga not programmed")
    : (state.registers.get(name) ?? refuse(state, "fail", `register ${name} not defined`))

export const isReply = (value: Fpg.Register | Reply): value is Reply => Array.isArray(value)

const read: Handler = (state, message) => {
  const name = message.text(0)
  if (name === undefined)
    return refuse(state, "invalid", "need a register to read, followed by optional offset and count")
  const register = found(state, name)
  if (isReply(register)) return register
  const start = bitsOf(message.text(1) ?? "0")
  const bits = message.length > 2 ? bitsOf(message.text(2)!) : 8
  if (!(start >= 0 && bits >= 0)) return refuse(state, "invalid", "unable to parse offset or length")
  if (start + bits > sizeInBits(register))
    return refuse(
      state,
      "fail",
      `read request @${Math.floor(start / 8)}+${Math.ceil(bits / 8)} extends beyond end of register ${name}`
    )
  return ["ok", state.memory.readBits(register.address, register.bit + start, bits)]
}

const write: Handler = (state, message) => {
  const name = message.text(0)
  const data = message.bytes(2)
  if (name === undefined || data === undefined)
    return refuse(state, "invalid", "need a register to read, followed by offset and one or more values")
  const register = found(state, name)
  if (isReply(register)) return register
  const start = bitsOf(message.text(1)!)
  const bits = message.length > 3 ? bitsOf(message.text(3)!) : data.length * 8
  if (!(start >= 0 && bits >= 0)) return refuse(state, "invalid", "unable to parse offset or length")
  const size = sizeInBits(register)
  if (bits > data.length * 8 || start + bits > size)
    return refuse(
      state,
      "fail",
      `trying to write past the end of the register ${name} of bits ${size}, start bits ${start}, payload ${bits} bits`
    )
  state.memory.writeBits(register.address, register.bit + start, bits, data)
  return ok
}

const wordread: Handler = (state, message) => {
  const name = message.text(0)
  if (name === undefined)
    return refuse(state, "invalid", "need a register to read, followed by optional offset and count")
  const register = found(state, name)
  if (isReply(register)) return register
  // the bits after the colon are ignored
  const first = numberOf(message.text(1) ?? "0") * 4
  const length = numberOf(message.text(2) ?? "1") * 4
  if (!(first >= 0 && length >= 0)) return refuse(state, "invalid", "unable to parse offset or count")
  if (first + length > register.length)
    return refuse(state, "fail", `read request @${first}+${length} extends beyond end of register ${name}`)
  const view = words(state.memory.read(register.address + first, length))
  return [
    "ok",
    ...Array.from({ length: length / 4 }, (_, at) => `0x${view.getUint32(at * 4, state.littleEndian).toString(16)}`)
  ]
}

const wordwrite: Handler = (state, message) => {
  const name = message.text(0)
  if (name === undefined || message.length < 3)
    return refuse(state, "invalid", "need a register to write, followed by offset and one or more values")
  const register = found(state, name)
  if (isReply(register)) return register
  const first = numberOf(message.text(1)!) * 4
  const count = message.length - 2
  if (!(first >= 0)) return refuse(state, "invalid", "unable to parse offset")
  if (first + count * 4 > register.length)
    return refuse(state, "fail", `write request @${first}+${count * 4} extends beyond end of register ${name}`)
  const bytes = new Uint8Array(count * 4)
  const view = words(bytes)
  let before = 0
  for (let at = 0; at < count; at++) {
    const value = Number(message.text(at + 2))
    if (!Number.isInteger(value)) return refuse(state, "invalid", `unable to parse value ${message.text(at + 2)}`)
    // a shift by 32, which x86 does not do, leaves the previous word in place
    before = state.built.profile === "x86" ? (value | before) >>> 0 : value >>> 0
    view.setUint32(at * 4, before, state.littleEndian)
  }
  state.memory.write(register.address + first, bytes)
  return ok
}

/** Bytes of a piece of an answer. Given by tcpborphserver2, which sends in pages of this size. */
const page = 4096

const bulkread: Handler = (state, message, client) => {
  const name = message.text(0)
  if (name === undefined)
    return refuse(state, "invalid", "need a register to read, followed by optional offset and count")
  const register = found(state, name)
  if (isReply(register)) return register
  const start = numberOf(message.text(1) ?? "0")
  const length = message.length > 2 ? numberOf(message.text(2)!) : register.length - start
  if (!(start >= 0 && length >= 0) || start + length > register.length)
    return refuse(state, "fail", `read request @${start}+${length} extends beyond end of register ${name}`)
  for (let at = 0; at < length; at += page)
    client.inform("bulkread", state.memory.read(register.address + start + at, Math.min(page, length - at)))
  return ["ok", length]
}

const byName = <A extends { readonly name: string }>(one: A, other: A): number => (one.name < other.name ? -1 : 1)

const listdev: Handler = (state, message, client) => {
  if (!state.isProgrammed) return refuse(state, "fail", "fpga not programmed")
  const mode = message.text(0)
  if (mode !== undefined && mode !== "size" && mode !== "detail")
    return refuse(state, "fail", "unable to get raw state", "fatal")
  for (const { address, bit, bits, length, name } of [...state.registers.values()].sort(byName))
    if (mode === undefined) client.inform("listdev", name)
    else client.inform("listdev", name, mode === "size" ? `${length}:${bits}` : `0x${address.toString(16)}:${bit}`)
  return ok
}

const fpgastatus: Handler = (state) => {
  state.clients.broadcast("fpga", state.fpga)
  if (!state.isProgrammed) {
    state.clients.log("info", "raw", "fpga not programmed")
    return ["fail"]
  }
  state.clients.log("info", "raw", "fpga programmed, mapped with <unknown file> and meta ready")
  return ok
}

const meta: Handler = (state, message, client) => {
  const device = message.text(0)
  if (device !== undefined && message.length > 1) {
    const [tag = "", key = "", ...values] = message.arguments.slice(1).map((_, at) => message.text(at + 1)!)
    state.meta.push({ device, tag, key, values })
    return ok
  }
  const chosen = state.meta.filter((entry) => device === undefined || entry.device === device)
  if (device !== undefined && chosen.length === 0) {
    state.clients.log("info", "raw", `key entry ${device} not matching`)
    return ["fail"]
  }
  for (const { device, key, tag, values } of chosen.toSorted((one, other) => (one.device < other.device ? -1 : 1)))
    client.inform("meta", device, tag, key, ...values)
  return ok
}

const register: Handler = (state, message) => {
  const [name, at, size] = [0, 1, 2].map((index) => message.text(index))
  if (name === undefined || at === undefined || size === undefined)
    return refuse(state, "invalid", "need a register name, a position and a length")
  const [address, length] = [at, size].map(numberOf)
  const [bit, bits] = [at, size].map((text) => numberOf(text.split(":")[1] ?? "0"))
  if (![address, length, bit, bits].every((value) => value !== undefined && value >= 0))
    return refuse(state, "invalid", "unable to parse position or length")
  state.registers.set(name, { name, address: address!, length: length!, bit: bit!, bits: bits! })
  return ok
}

const listbof: Handler = (state, _, client) => {
  for (const file of state.files.keys()) client.inform("listbof", file)
  return ["ok", state.files.size]
}

const delbof: Handler = (state, message) => {
  const file = message.text(0)
  if (file === undefined) return refuse(state, "invalid", "need a file to delete")
  if (file.includes("/") || file.startsWith("."))
    return refuse(state, "fail", `client attempts to specify a path (${file})`, "fatal")
  return state.files.delete(file) ? ok : refuse(state, "fail", `unable to delete ${file}: No such file or directory`)
}

const logLevel: Handler = (_, message, client) => {
  const level = message.text(0)
  if (level !== undefined) {
    if (!isLevel(level)) return ["fail", "unknown_log_level"]
    client.level = level
  }
  return ["ok", client.level]
}

const sensorList: Handler = (_state, _message, client) => {
  client.inform("sensor-list", "mode", "current mode", "none", "discrete", "raw")
  return ["ok", 1]
}

const sensorValue: Handler = (state, _, client) => {
  client.inform("sensor-value", Math.round(state.clients.time), 1, "mode", "nominal", "raw")
  return ["ok", 1]
}

/** The requests that are answered at once. Those of 10 GbE cores are in `taps.ts`, those of files in `uploads.ts`. */
export const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["bulkread", bulkread],
  ["delbof", delbof],
  ["fpgastatus", fpgastatus],
  ["finalise", () => ok],
  ["listbof", listbof],
  ["listdev", listdev],
  ["log-level", logLevel],
  ["meta", meta],
  ["read", read],
  ["register", register],
  ["sensor-list", sensorList],
  ["sensor-value", sensorValue],
  ["status", fpgastatus],
  ["watchdog", () => ok],
  ["wordread", wordread],
  ["wordwrite", wordwrite],
  ["write", write]
])
