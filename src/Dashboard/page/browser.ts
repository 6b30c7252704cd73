/** The browser, in the form that the state of the page needs. */
import type { Surroundings } from "../state/Connection.ts"

/** Closes a socket that would disable the browser's page cache, and reports that the page is hidden. */
export const browser = (path: string): Surroundings => ({
  connect: ({ closed, message }) => {
    const url = new URL(path, location.href)
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:"
    const socket = new WebSocket(url)
    socket.addEventListener("message", ({ data }) => message(String(data)))
    // an error is always followed by the end
    socket.addEventListener("close", closed)
    return {
      send: (text) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(text)
      },
      close: () => socket.close()
    }
  },
  after: (milliseconds, then) => {
    const timer = setTimeout(then, milliseconds)
    return () => clearTimeout(timer)
  },
  random: Math.random,
  monotonic: () => performance.now(),
  painting: (paint, then) => {
    requestAnimationFrame(() => {
      paint()
      // a message is handled after the browser has painted the frame
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        then()
      }
      port2.postMessage(0)
    })
  }
})
