/** The recorded sessions against the Python devices of this folder, with no departure: this proves replayer and devices. */
import { expect, it } from "vitest"
import { lines, replay, sessions } from "./golden.ts"
import { describePeer, startPythonDevice } from "./peers.ts"

for (const kind of ["aio", "kp", "kp4"] as const) {
  describePeer(kind === "aio" ? "aiokatcp" : "katcp", `recorded sessions against the ${kind} device`, () => {
    for (const session of sessions.filter((name) => name.startsWith(`${kind}-`))) {
      it(session, async () => {
        const device = await startPythonDevice(kind)
        await replay(lines(session), device)
        expect(await (session.endsWith("-halt") ? device.ended : device.stop())).toBe(0)
      })
    }
  })
}
