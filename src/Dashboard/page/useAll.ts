import { useEffect } from "preact/hooks"
import type { Meant } from "../state/Live.ts"
import { live } from "./app.ts"

/** Readings a second that a view asks for. Measured: see docs/dashboard.md, Figures; 20 leaves 50 ms between a reading and its frame. */
const hertz = 20

/** Follows sensors as long as the view is shown. */
export const useFollowed = (meant: Meant): void => {
  const key = meant === "all" ? "all" : JSON.stringify([...meant])
  useEffect(() => live.follow(meant, hertz), [key])
}

/** Follows all sensors as long as the view is shown. */
export const useAll = (): void => useFollowed("all")
