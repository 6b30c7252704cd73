import { Arg } from "../../Codec/index.ts"
import { type LogLevel, logLevels, parseLogLevel, Request } from "../../Interface/index.ts"
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

const levelsOf = (session: Session) => session.hub.logLevels!
const fields = { args: { level: Arg.optional(Arg.Text) }, reply: { level: Arg.Text } }

/** `?log-limit [level]`, of the C library: the level of one client (C-124). */
const logLimit = standard(
  Request.make("log-limit", {
    doc: "Query or set the level from which the log is reported to this client.\nIt is one of those of ?log-level, or device to go by ?log-level again.",
    ...fields
  }),
  (session, id, { level: text }, job) => {
    if (text !== undefined) {
      const parsed = parse(text, job)
      if (parsed === undefined) return
      levelsOf(session).set(session, parsed.level)
    }
    session.write("reply", "log-limit", id, ["ok", levelsOf(session).of(session)])
  }
)

/** `?log-default [level]`, of the C library: the level that new clients get (C-124). */
const logDefault = standard(
  Request.make("log-default", {
    doc: "Query or set the level from which the log is reported to clients that connect from now on.\nIt is one of those of ?log-level, or device for the one that ?log-level has.",
    ...fields
  }),
  (session, id, { level: text }, job) => {
    const { device, options } = session.hub
    if (text !== undefined) {
      const parsed = parse(text, job)
      if (parsed === undefined) return
      if (options.refuse?.includes("log-level")) return job.deny("This device does not let clients set its log level.")
      levelsOf(session).initial = parsed.level
    }
    session.write("reply", "log-default", id, ["ok", levelsOf(session).initial ?? device.log.level])
  }
)

/** The requests about the levels of single clients, for devices that offer them. */
export const clientLogLevels: ReadonlyArray<Entry> = [logLimit, logDefault]
