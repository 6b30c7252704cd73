import type { Dialect } from "../../Codec/index.ts"
import type { ConnectedClient, RequestContext } from "../../Interface/index.ts"
import type { Spent } from "../audit/LogBudget.ts"
import type { Runtime } from "../Runtime.ts"
import type { ClientSampling } from "../sampling/ClientSampling.ts"
import type { Outgoing } from "../session/Outgoing.ts"

/** The client that made a request, for code that answers requests. A session implements it. */
export interface Caller extends ConnectedClient {
  readonly runtime: Runtime
  readonly dialect: Dialect.Dialect
  readonly outgoing: Outgoing
  /** The strategies that it has set. */
  readonly sampling: ClientSampling
  /** The lines of the audit that were logged for it in this second. */
  readonly logged: Spent
  /** Sends `#log error` to this client alone, whatever the log level (Rev 5.1 §2, Q-18). */
  readonly complain: (text: string) => void
}

/** The audit record of a request, which is complete when the request is answered. */
export interface RequestRecord {
  /** The answer that follows is a refusal. */
  readonly refuse: () => void
  /** Closes the record with the first answer: its return code, and why. */
  readonly close: (code: string, reason?: string) => void
}

/**
 * A request that is being answered, as the code that answers it sees it: a handler of the contract by its context, the
 * server's own requests by the rest. One reply goes out for it.
 */
// biome-ignore lint/suspicious/noExplicitAny: the handler's own types are those of its request
export interface RequestInFlight extends RequestContext<any> {
  readonly client: Caller
  /** Replies now with the values of its contract. Throws if there was a reply, or if they do not fit. */
  readonly reply: (values: unknown) => void
  /** The name of the request. */
  readonly name: string
  /** `true` when the one reply went out, or none is due. */
  replied: boolean
  /** The audit record, if there will be one. */
  record: RequestRecord | undefined
  /** Writes an inform with the name and the id of the request. */
  readonly writeInform: (values: ReadonlyArray<string | Uint8Array>) => void
  /** Writes the reply, return code first. The caller knows that there was none. */
  readonly writeReply: (values: ReadonlyArray<string | Uint8Array>) => void
  /** Answers with a failure, unless there was a reply. */
  readonly refuse: (code: "fail" | "invalid", text: string) => void
  /** Answers `fail`, because the client may not make this request. It is counted. */
  readonly deny: (text: string) => void
  /** Counts that the client may not make this request; the answer follows. */
  readonly denied: () => void
}
