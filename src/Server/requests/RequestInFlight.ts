import type { Dialect } from "../../Codec/index.ts"
import type { ConnectedClient, RequestContext } from "../../Interface/index.ts"
import type { Spent } from "../audit/LogBudget.ts"
import type { Runtime } from "../Runtime.ts"
import type { ClientSampling } from "../sampling/ClientSampling.ts"
import type { Outgoing } from "../session/Outgoing.ts"

/** The client of a request, for code that answers requests. Implemented by a session. */
export interface Caller extends ConnectedClient {
  readonly runtime: Runtime
  readonly dialect: Dialect.Dialect
  readonly outgoing: Outgoing
  /** Its sampling strategies. */
  readonly sampling: ClientSampling
  /** Its audit lines logged in this second. */
  readonly logged: Spent
  /** Sends `#log error` to this client only, whatever the log level (Rev 5.1 §2, Q-18). */
  readonly complain: (text: string) => void
}

/** The audit record of a request, complete when the request is answered. */
export interface RequestRecord {
  /** Marks the following answer as a refusal. */
  readonly refuse: () => void
  /** Closes the record with the first answer: its return code and text. */
  readonly close: (code: string, reason?: string) => void
}

/**
 * A request in flight, for the code that answers it: contract handlers use the context, standard requests use the rest.
 * It has exactly one reply.
 */
// biome-ignore lint/suspicious/noExplicitAny: the handler's own types are those of its request
export interface RequestInFlight extends RequestContext<any> {
  readonly client: Caller
  /** Replies now with the values of its contract. Throws if there was a reply, or if the values do not fit. */
  readonly reply: (values: unknown) => void
  /** The name of the request. */
  readonly name: string
  /** `true` once the reply is sent, or if no reply is due. */
  replied: boolean
  /** The audit record, if the request is recorded. */
  record: RequestRecord | undefined
  /** Writes an inform with the name and id of the request. */
  readonly writeInform: (values: ReadonlyArray<string | Uint8Array>) => void
  /** Writes the reply, return code first. The caller ensures that it is the only one. */
  readonly writeReply: (values: ReadonlyArray<string | Uint8Array>) => void
  /** Answers with a failure, unless there was a reply. */
  readonly refuse: (code: "fail" | "invalid", text: string) => void
  /** Answers with `fail`, because the client may not make this request. Counts the refusal. */
  readonly deny: (text: string) => void
  /** Counts a refusal to this client; the answer follows. */
  readonly denied: () => void
}
