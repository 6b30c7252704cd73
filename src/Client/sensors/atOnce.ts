import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

/**
 * Starts work, and calls a function once with its exit. Returns the effect that abandons the work, or `undefined` if
 * the work is over.
 */
export type Start<A, E> = (done: (exit: Exit.Exit<A, E>) => void) => Effect.Effect<void> | undefined

/** Returns work whose result a function takes. A defect of the function is a defect of the work. */
export const taking =
  <A, E>(start: Start<A, E>, take: (value: A) => void): Start<void, E> =>
  (done) =>
    start((exit) => {
      if (exit._tag === "Failure") return done(exit)
      let taken: Exit.Exit<void> = Exit.void
      try {
        take(exit.value)
      } catch (defect) {
        taken = Exit.die(defect)
      }
      done(taken)
    })

/** Starts work now. Returns it for one who takes its exit later. */
export const begun = <A, E>(start: Start<A, E>): Start<A, E> => {
  let exit: Exit.Exit<A, E> | undefined
  let taker: ((exit: Exit.Exit<A, E>) => void) | undefined
  const undo = start((result) => {
    exit = result
    taker?.(result)
  })
  return (done) => {
    if (exit === undefined) {
      taker = done
      return undo
    }
    done(exit)
    return undefined
  }
}

/** Returns an effect as work: a function runs it in a fiber. */
export const inFiber =
  <A, E>(effect: Effect.Effect<A, E>, run: (effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>): Start<A, E> =>
  (done) => {
    const fiber = run(effect)
    fiber.addObserver(done)
    return Fiber.interrupt(fiber)
  }

/**
 * Does all work at once. Fails with the first failure, and abandons the rest. Requests need no fibers here, which
 * `Effect.all` would make.
 */
export const atOnce = <E>(starts: ReadonlyArray<Start<void, E>>): Effect.Effect<void, E> =>
  Effect.callback((resume) => {
    let left = starts.length
    let isOver = false
    const undos: Array<Effect.Effect<void>> = []
    const abandon = Effect.suspend(() => Effect.all(undos, { discard: true }))
    const end = (exit: Exit.Exit<void, E>) => {
      isOver = true
      resume(exit._tag === "Success" ? exit : Effect.andThen(abandon, exit))
    }
    const done = (exit: Exit.Exit<void, E>) => {
      if (!isOver && (exit._tag === "Failure" || --left === 0)) end(exit)
    }
    if (left === 0) return end(Exit.void)
    for (const start of starts) {
      const undo = start(done)
      if (undo !== undefined) undos.push(undo)
      if (isOver) return
    }
    return abandon
  })
