/** The single page: its state, its address and its settings, as signals for views. */
import { computed, type ReadonlySignal, signal } from "@preact/signals"
import { type Address, href, parse } from "../state/address.ts"
import type { Zone } from "../state/format.ts"
import { Live, type Part } from "../state/Live.ts"
import { wantsLogin } from "./api.ts"
import { browser } from "./browser.ts"

/** The state from the gateway. */
export const live = new Live(browser("api/live"))

/** Returns a signal that counts the changes of a part. */
const counting = (part: Part): ReadonlySignal<number> => {
  const count = signal(0)
  live.on(part, () => {
    count.value++
  })
  return count
}

/** Counts the changes of the connection. */
export const connectionChanges = counting("connection")
/** Counts the changes of devices. */
export const deviceChanges = counting("devices")
/** Counts the received log records. */
export const logChanges = counting("log")

/**
 * Rows were added or removed. At most every half second, except for the first rows, because a large site comes in many
 * frames.
 */
export const structureChanges = signal(0)
/** Readings changed. At most every half second, for views that need not follow each reading. */
export const readingChanges = signal(0)
/** Rows that move more often than this are unreadable. Given by people's eyes, in milliseconds. */
const settle = 500
for (const [part, count] of [
  ["sensors", structureChanges],
  ["readings", readingChanges]
] as const) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = Number.NEGATIVE_INFINITY
  let wasEmpty = true
  const tell = () => {
    clearTimeout(timer)
    timer = undefined
    last = performance.now()
    wasEmpty = live.sensors.rows.size === 0
    count.value++
  }
  live.on(part, () => {
    if (wasEmpty) tell()
    else timer ??= setTimeout(tell, Math.max(0, last + settle - performance.now()))
  })
}

/** Counts seconds while the page is visible: for ages. */
export const seconds = signal(0)
setInterval(() => {
  if (!document.hidden) seconds.value++
}, 1000)

const hash = signal(location.hash.slice(1))
addEventListener("hashchange", () => {
  hash.value = location.hash.slice(1)
})

/** The current view. */
export const address = computed(() => parse(hash.value))

/** Goes to another view. `replace` leaves no entry in the history: for changes with every letter. */
export const go = (to: Address, replace = false): void => {
  if (replace) history.replaceState(null, "", href(to))
  else location.hash = href(to)
  // at once: the event comes later, and keys may be faster
  hash.value = href(to).slice(1)
}

/** Reads a setting of this browser. */
const stored = (name: string): string | null => {
  try {
    return localStorage.getItem(`katcp.${name}`)
  } catch {
    return null
  }
}

/** Stores a setting in this browser. */
const store = (name: string, value: string): void => {
  try {
    localStorage.setItem(`katcp.${name}`, value)
  } catch {
    // the browser stores nothing
  }
}

/** The zone of all times on the page. */
export const zone = signal<Zone>(stored("zone") === "local" ? "local" : "utc")

/** Shows times in the other zone. */
export const switchZone = (): void => {
  zone.value = zone.value === "utc" ? "local" : "utc"
  store("zone", zone.value)
}

/** The colours: those of the system, light ones, dark ones. */
export type Theme = "system" | "light" | "dark"
const themes: ReadonlyArray<Theme> = ["system", "light", "dark"]

/** The selected colours. */
export const theme = signal<Theme>(themes.find((name) => name === stored("theme")) ?? "system")

const dark = matchMedia("(prefers-color-scheme: dark)")
/** `true` while the colours are dark. */
export const isDark = signal(false)
const applyTheme = (): void => {
  isDark.value = theme.value === "dark" || (theme.value === "system" && dark.matches)
  document.documentElement.dataset.theme = isDark.value ? "dark" : "light"
}
dark.addEventListener("change", applyTheme)
applyTheme()

/** Switches to the next colours. */
export const switchTheme = (): void => {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length]!
  store("theme", theme.value)
  applyTheme()
}

/** Given by the issue: a page that was hidden for this long ends its subscriptions. In milliseconds. */
const hiddenFor = 60_000
let hiding: ReturnType<typeof setTimeout> | undefined
document.addEventListener("visibilitychange", () => {
  clearTimeout(hiding)
  if (document.hidden) hiding = setTimeout(() => live.pause(true), hiddenFor)
  else {
    live.pause(false)
    live.retry()
  }
})
addEventListener("online", () => live.retry())
// a refused WebSocket has no reason
let asked = false
live.on("connection", () => {
  if (live.state._tag === "live") asked = false
  if (live.state._tag !== "lost" || asked) return
  asked = true
  void wantsLogin().then((wants) => {
    if (wants) live.refuse()
  })
})
// browsers do not keep a page with an open socket for the button "back"
addEventListener("pagehide", () => live.stop())
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) live.start()
})
