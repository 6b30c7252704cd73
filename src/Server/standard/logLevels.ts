/** The log requests of the KATCP library in C, which Rev 5.1 does not have (C-124). */
import * as Effect from "effect/Effect"
import { Arg } from "../../Codec/index.ts"
import { type LogLevel, logLevels, parseLogLevel, printable, Request, toEffect } from "../../Interface/index.ts"
import type { ClientLogLevels } from "../clients/ClientLogLevels.ts"
import { type Entry, standard } from "../requests/Entry.ts"
import type { RequestInFlight } from "../requests/RequestInFlight.ts"
import type { StandardParts } from "./Parts.ts"

/** Parses a level; `device` means the device's level. Refuses the request for any other text. */
const parse = (text: string, request: RequestInFlight): { readonly level: LogLevel | undefined } | undefined => {
  const level = parseLogLevel(text)
  if (level !== undefined || text === "device") return { level }
  request.refuse("fail", `Unknown log level ${text}: ${logLevels.join(", ")}, or device for that of ?log-level.`)
  return undefined
}

/** Returns `true` if the device does not let clients set levels other than their own. Refuses the request then. */
const isRefused = (request: RequestInFlight): boolean => {
  if (!request.client.runtime.options.refuse?.includes("log-level")) return false
  request.deny("This device does not let clients set its log level.")
  return true
}

const defaultOf = (levels: ClientLogLevels, request: RequestInFlight): LogLevel =>
  levels.initial ?? request.client.runtime.device.log.level
const fields = { args: { level: Arg.optional(Arg.Text) }, reply: { level: Arg.Text } }
const levelDoc = "It is one of those of ?log-level, or device to go by ?log-level again."

/** `?log-limit [level]` and `?log-local [level]`: the level of one client, under both names. */
const ofClient = (levels: ClientLogLevels, name: "log-limit" | "log-local"): Entry =>
  standard(
    Request.make(name, {
      doc: `Query or set the level from which the log is reported to this client.\n${levelDoc}`,
      ...fields
    }),
    (request, { level: text }) => {
      if (text !== undefined) {
        const parsed = parse(text, request)
        if (parsed === undefined) return
        levels.set(request.client, parsed.level)
      }
      request.writeReply(["ok", levels.of(request.client)])
    }
  )

/** `?log-default [level]`: the level that new clients get. */
const logDefault = (levels: ClientLogLevels): Entry =>
  standard(
    Request.make("log-default", {
      doc: "Query or set the level from which the log is reported to clients that connect from now on.\nIt is one of those of ?log-level, or device for the one that ?log-level has.",
      ...fields
    }),
    (request, { level: text }) => {
      if (text !== undefined) {
        const parsed = parse(text, request)
        if (parsed === undefined || isRefused(request)) return
        levels.initial = parsed.level
      }
      request.writeReply(["ok", defaultOf(levels, request)])
    }
  )

/**
 * `?log-override [level [client|group|default [name]]]`: the level of one client, of all connected clients, or of new
 * ones.
 */
const logOverride = (levels: ClientLogLevels, { clients }: Pick<StandardParts, "clients">): Entry =>
  standard(
    Request.make("log-override", {
      doc: `Query the log level of this client, or set that of a client, of the group of all clients that are connected, or of new ones by default.\nA client is this one, or the one whose address is given as ?client-list has it. ${levelDoc}`,
      args: {
        level: Arg.optional(Arg.Text),
        of: Arg.optional(Arg.Discrete("client", "group", "default")),
        name: Arg.optional(Arg.Text)
      },
      reply: { level: Arg.Text }
    }),
    (request, { level: text, name, of = "client" }) => {
      const reply = (level: LogLevel) => request.writeReply(["ok", level])
      if (text === undefined) return reply(levels.of(request.client))
      const parsed = parse(text, request)
      if (parsed === undefined) return
      const { level } = parsed
      if (name !== undefined && of !== "client")
        return request.refuse(
          "fail",
          `There is one ${of === "group" ? "group, of all clients" : "default"}: it has no name.`
        )
      const client = name === undefined ? request.client : [...clients].find(({ address }) => address === name)
      if (client === undefined)
        return request.refuse("fail", `Unknown client ${name}. ?client-list lists who is connected.`)
      if ((of !== "client" || client !== request.client) && isRefused(request)) return
      if (of === "default") levels.initial = level
      else if (of === "client") levels.set(client, level)
      else for (const each of clients) levels.set(each, level)
      reply(of === "default" ? defaultOf(levels, request) : levels.of(client))
    }
  )

const severity = Arg.Discrete("fatal", "error", "warn", "info", "debug", "trace")

/** `?log-record [level] message`: an entry in the device's log, for all clients whose level allows it. */
const logRecord: Entry = standard(
  Request.make("log-record", {
    doc: "Make an entry in the log of this device, at level info unless another one stands before the message.",
    args: { first: Arg.Text, second: Arg.optional(Arg.Text) }
  }),
  (request, { first, second }) => {
    const { address, dialect, runtime } = request.client
    const bytes = new TextEncoder().encode(second === undefined ? "info" : first)
    const level = severity.decode(bytes, 0, bytes.length, dialect)
    if (level instanceof Arg.Invalid) return request.refuse("fail", `The level of a log record: ${level.message}`)
    runtime.run(
      Effect.logWithLevel(toEffect(level))(printable(second ?? first, "unicode")).pipe(
        Effect.annotateLogs({ logger: "client", client: address })
      )
    )
    request.writeReply(["ok"])
  }
)

/** Returns the log requests of the library in C, or none if the device does not offer them. */
export const clientLogLevels = (parts: Pick<StandardParts, "clients" | "logLevels">): ReadonlyArray<Entry> => {
  const levels = parts.logLevels
  if (levels === undefined) return []
  return [
    ofClient(levels, "log-limit"),
    ofClient(levels, "log-local"),
    logDefault(levels),
    logOverride(levels, parts),
    logRecord
  ]
}
