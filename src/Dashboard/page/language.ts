/**
 * Comes before uPlot, which asks for number formats of the browser's language while it loads. A browser that was started
 * with the locale `C` says `en-US@posix`, which is no language tag: the page would stay empty.
 */
try {
  new Intl.NumberFormat(navigator.language)
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US" })
}
