/** Calls from one thread to another: a name, one argument and an answer, over a port. */
import type { MessagePort, Transferable, Worker } from "node:worker_threads"

/** The operations that one side offers. */
export type Operations = Record<string, (argument: never) => unknown>

/** Calls an operation of the other side. */
export type Call<A extends Operations> = <K extends keyof A & string>(
  name: K,
  argument: Parameters<A[K]>[0],
  transfer?: ReadonlyArray<Transferable>
) => Promise<Awaited<ReturnType<A[K]>>>

interface Asked {
  readonly call: number
  readonly name: string
  readonly argument: unknown
}
/** A failure in the form for transfer: with its code for SQLite, with its reason for ours. */
export interface Failure {
  readonly message: string
  readonly code: number | undefined
  readonly why: string | undefined
}
interface Answered {
  readonly answer: number
  readonly value?: unknown
  readonly failure?: Failure
}

/** A failure of the other thread. */
export class CallFailed extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

const failureOf = (error: unknown): Failure => {
  if (error instanceof CallFailed) return error.failure
  const { errcode, message, why } = error as { errcode?: number; message?: string; why?: string }
  return { message: message ?? String(error), code: errcode, why }
}

type Port = Pick<MessagePort, "postMessage" | "on"> | Pick<Worker, "postMessage" | "on">

/** Offers operations to the other side of a port. They start in the order of the calls. */
export const offer = (port: Port, operations: Operations): void => {
  port.on("message", (message: Asked | Answered) => {
    if (!("call" in message)) return
    const answer = (rest: Omit<Answered, "answer">) => port.postMessage({ answer: message.call, ...rest })
    const refuse = (error: unknown) => answer({ failure: failureOf(error) })
    try {
      const result = operations[message.name]!(message.argument as never)
      if (result instanceof Promise) result.then((value) => answer({ value }), refuse)
      else answer({ value: result })
    } catch (error) {
      refuse(error)
    }
  })
}

/** Returns a function that calls the other side of a port, and one that fails all waiting calls. */
export const caller = <A extends Operations>(
  port: Port
): { readonly call: Call<A>; readonly fail: (why: string) => void } => {
  let last = 0
  let gone: string | undefined
  const waiting = new Map<number, { readonly done: (value: never) => void; readonly failed: (error: Error) => void }>()
  port.on("message", (message: Asked | Answered) => {
    if (!("answer" in message)) return
    const one = waiting.get(message.answer)
    waiting.delete(message.answer)
    if (message.failure !== undefined) one?.failed(new CallFailed(message.failure))
    else one?.done(message.value as never)
  })
  const ended = () => new CallFailed({ message: gone ?? "", code: undefined, why: undefined })
  return {
    call: (name, argument, transfer = []) =>
      new Promise((done, failed) => {
        if (gone !== undefined) return failed(ended())
        const call = ++last
        waiting.set(call, { done, failed })
        port.postMessage({ call, name, argument } satisfies Asked, transfer as Array<Transferable>)
      }),
    fail: (why) => {
      gone = why
      for (const { failed } of waiting.values()) failed(ended())
      waiting.clear()
    }
  }
}
