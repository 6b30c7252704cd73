/** The log requests of the KATCP library in C, which Rev 5.1 does not have (C-124). */
import * as Effect from "effect/Effect"
import { Arg } from "../../Codec/index.ts"
import { type LogLevel, logLevels, parseLogLevel, printable, Request, toEffect } from "../../Interface/index.ts"
import type { Job } from "../Job.ts"
import { type Entry, standard } from "../RequestTable.ts"
import type { Session } from "../Session.ts"

/** A level, or `device` for that of the device; what else is asked for is refused. */
const parse = (text: string, job: Job): { readonly level: LogLevel | undefined } | undefined => {
  const level = parseLogLevel(text)
  if (level !== undefined || text === "device") return { level }
  job.refuse("fail", `Unknown log level ${text}: ${logLevels.join(", ")}, or device for that of ?log-level.`)
  return undefined
}

/** Returns `true` if the device does not let clients set levels beyond their own; the request is refused then. */
const isRefused = (session: Session, job: Job): boolean => {
  if (!session.hub.options.refuse?.includes("log-level")) return false
  job.deny("This device does not let clients set its log level.")
  return true
}

const levelsOf = (session: Session) => session.hub.logLevels!
const defaultOf = (session: Session) => levelsOf(session).initial ?? session.hub.device.log.level
const fields = { args: { level: Arg.optional(Arg.Text) }, reply: { level: Arg.Text } }
const levelDoc = "It is one of those of ?log-level, or device to go by ?log-level again."

/** `?log-limit [level]` and `?log-local [level]`: the level of one client, by both its names. */
const ofClient = (name: "log-limit" | "log-local") =>
  standard(
    Request.make(name, {
      doc: `Query or set the level from which the log is reported to this client.\n${levelDoc}`,
      ...fields
    }),
    (session, id, { level: text }, job) => {
      if (text !== undefined) {
        const parsed = parse(text, job)
        if (parsed === undefined) return
        levelsOf(session).set(session, parsed.level)
      }
      session.write("reply", name, id, ["ok", levelsOf(session).of(session)])
    }
  )

/** `?log-default [level]`: the level that new clients get. */
const logDefault = standard(
  Request.make("log-default", {
    doc: "Query or set the level from which the log is reported to clients that connect from now on.\nIt is one of those of ?log-level, or device for the one that ?log-level has.",
    ...fields
  }),
  (session, id, { level: text }, job) => {
    if (text !== undefined) {
      const parsed = parse(text, job)
      if (parsed === undefined || isRefused(session, job)) return
      levelsOf(session).initial = parsed.level
    }
    session.write("reply", "log-default", id, ["ok", defaultOf(session)])
  }
)

/** `?log-override [level [client|group|default [name]]]`: the level of one client, of all that are connected, or of new ones. */
const logOverride = standard(
  Request.make("log-override", {
    doc: `Query the log level of this client, or set that of a client, of the group of all clients that are connected, or of new ones by default.\nA client is this one, or the one whose address is given as ?client-list has it. ${levelDoc}`,
    args: {
      level: Arg.optional(Arg.Text),
      of: Arg.optional(Arg.Discrete("client", "group", "default")),
      name: Arg.optional(Arg.Text)
    },
    reply: { level: Arg.Text }
  }),
  (session, id, { level: text, name, of = "client" }, job) => {
    const levels = levelsOf(session)
    const reply = (level: LogLevel) => session.write("reply", "log-override", id, ["ok", level])
    if (text === undefined) return reply(levels.of(session))
    const parsed = parse(text, job)
    if (parsed === undefined) return
    const { level } = parsed
    if (name !== undefined && of !== "client")
      return job.refuse("fail", `There is one ${of === "group" ? "group, of all clients" : "default"}: it has no name.`)
    const client = name === undefined ? session : [...session.hub.clients].find(({ address }) => address === name)
    if (client === undefined) return job.refuse("fail", `Unknown client ${name}. ?client-list lists who is connected.`)
    if ((of !== "client" || client !== session) && isRefused(session, job)) return
    if (of === "default") levels.initial = level
    else if (of === "client") levels.set(client, level)
    else for (const each of session.hub.clients) levels.set(each, level)
    reply(of === "default" ? defaultOf(session) : levels.of(client))
  }
)

const severity = Arg.Discrete("fatal", "error", "warn", "info", "debug", "trace")

/** `?log-record [level] message`: an entry in the device's log, for all whose level lets it through. */
const logRecord = standard(
  Request.make("log-record", {
    doc: "Make an entry in the log of this device, at level info unless another one stands before the message.",
    args: { first: Arg.Text, second: Arg.optional(Arg.Text) }
  }),
  (session, id, { first, second }, job) => {
    const { dialect, hub } = session
    const bytes = new TextEncoder().encode(second === undefined ? "info" : first)
    const level = severity.decode(bytes, 0, bytes.length, dialect)
    if (level instanceof Arg.Invalid) return job.refuse("fail", `The level of a log record: ${level.message}`)
    hub.run(
      Effect.logWithLevel(toEffect(level))(printable(second ?? first, "unicode")).pipe(
        Effect.annotateLogs({ logger: "client", client: session.address })
      )
    )
    session.write("reply", "log-record", id, ["ok"])
  }
)

/** The log requests of the library in C, for devices that offer them. */
export const clientLogLevels: ReadonlyArray<Entry> = [
  ofClient("log-limit"),
  ofClient("log-local"),
  logDefault,
  logOverride,
  logRecord
]
