/**
 * Runs before uPlot, which loads number formats of the browser's language. A browser that was started with the locale
 * `C` reports `en-US@posix`, which is not a language tag: the page would stay empty.
 */
try {
  new Intl.NumberFormat(navigator.language)
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US" })
}
