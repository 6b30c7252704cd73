import { useEffect } from "preact/hooks"
import type { Meant } from "../state/Live.ts"
import { live } from "./app.ts"

/**
 * The frames per second for a view. Measured by `npm run trials -- dashboard-load`: with 20, 99 of 100 readings are on
 * the screen within 40 ms.
 */
const hertz = 20

/** Follows sensors while the view is visible. */
export const useFollowed = (meant: Meant): void => {
  const key = meant === "all" ? "all" : JSON.stringify([...meant])
  useEffect(() => live.follow(meant, hertz), [key])
}

/** Follows all sensors while the view is visible. */
export const useAll = (): void => useFollowed("all")
