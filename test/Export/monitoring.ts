/** Tests with programs that exporters talk to; the programs end with the tests of a file. */
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, describe, type TestContext } from "vitest"
import { install, type ProgramName } from "../../scripts/debian-programs.ts"
import { endAll } from "./start.ts"

export * from "./start.ts"

afterAll(endAll)

/** Tests that need a program of Debian. Where it cannot be had, they are named in a line, and not counted. */
export const describeProgram = async (
  name: ProgramName,
  title: string,
  body: (program: string) => void
): Promise<void> => {
  const found = await install(name)
  if ("program" in found) describe(title, () => body(found.program))
  else process.stderr.write(`left out: ${title}: ${found.missing}\n`)
}

/** Waits until something is there. */
export const until = async <A>(look: () => Promise<A | undefined>, { signal }: TestContext): Promise<A> => {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    signal.throwIfAborted()
    await sleep(50)
  }
}
