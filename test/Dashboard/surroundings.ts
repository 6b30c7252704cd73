/** The surroundings of the page in a browser, under a test's control: sockets, timers, frames of the screen. */
import type { FromGateway, ToGateway } from "../../src/Dashboard/frames.ts"
import type { Surroundings } from "../../src/Dashboard/state/Connection.ts"

/** A socket that the page opened. */
export interface FakeSocket {
  readonly sent: Array<ToGateway>
  readonly say: (frame: FromGateway) => void
  /** The other side ends it. */
  readonly end: () => void
  isClosed: boolean
}

/** The surroundings. */
export const surroundings = () => {
  const sockets: Array<FakeSocket> = []
  const timers = new Set<{ readonly at: number; readonly run: () => void }>()
  const painting: Array<() => void> = []
  let now = 0
  const around: Surroundings = {
    connect: ({ closed, message }) => {
      const socket: FakeSocket = {
        sent: [],
        say: (frame) => message(JSON.stringify(frame)),
        end: () => {
          if (socket.isClosed) return
          socket.isClosed = true
          closed()
        },
        isClosed: false
      }
      sockets.push(socket)
      return { send: (text) => socket.sent.push(JSON.parse(text) as ToGateway), close: () => socket.end() }
    },
    after: (milliseconds, then) => {
      const timer = { at: now + milliseconds, run: then }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    random: () => 1,
    monotonic: () => now,
    painting: (paint, then) =>
      painting.push(() => {
        paint()
        then()
      })
  }
  return {
    around,
    sockets,
    timers,
    /** The newest socket. */
    get socket(): FakeSocket {
      return sockets.at(-1)!
    },
    /** Lets time pass. */
    pass: (milliseconds: number) => {
      const until = now + milliseconds
      for (;;) {
        const next = [...timers].filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0]
        if (next === undefined) break
        timers.delete(next)
        now = next.at
        next.run()
      }
      now = until
    },
    /** The machine sleeps: time has passed, and then each timer that is due runs once. */
    sleep: (milliseconds: number) => {
      now += milliseconds
      for (const timer of [...timers])
        if (timer.at <= now) {
          timers.delete(timer)
          timer.run()
        }
    },
    /** The browser paints. */
    paint: () => {
      for (const run of painting.splice(0)) run()
    }
  }
}

/** The first frame of a gateway. */
export const hello = (epoch = "one", time = 1000): FromGateway => ({
  hello: { epoch, version: "0.1.0", time, role: "admin", login: false, limits: {} }
})
