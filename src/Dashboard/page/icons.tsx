/** Icons. Each status has its own shape, because many people cannot rely on colour. */
import type { ComponentChildren } from "preact"
import { statusWord } from "../state/status.ts"

const shapes: ReadonlyArray<ComponentChildren> = [
  // unknown: a question
  <>
    <circle cx="6" cy="6" r="4.75" class="line" />
    <path d="M4.8 4.9a1.25 1.25 0 1 1 1.8 1.1c-.4.2-.6.4-.6.8" class="line thin" />
    <circle cx="6" cy="8.3" r=".6" />
  </>,
  <circle key="1" cx="6" cy="6" r="4.25" />,
  // warn: a triangle
  <>
    <path d="M6 .9 11.6 10.7H.4z" />
    <path d="M6 4.4v2.9M6 8.6v.6" class="cut" />
  </>,
  // error: a diamond
  <>
    <path d="M6 .2 11.8 6 6 11.8.2 6z" />
    <path d="M6 3.2v3.3M6 8.1v.7" class="cut" />
  </>,
  // failure: a cross in an octagon
  <>
    <path d="M3.5.5h5L11.5 3.5v5l-3 3h-5l-3-3v-5z" />
    <path d="m4.2 4.2 3.6 3.6m0-3.6L4.2 7.8" class="cut" />
  </>,
  // unreachable: a circle that is struck through
  <>
    <circle cx="6" cy="6" r="4.75" class="line" />
    <path d="m2.7 9.3 6.6-6.6" class="line" />
  </>,
  // inactive: a pause
  <path key="6" d="M3 2.5h2v7H3zM7 2.5h2v7H7z" />
]

/** The shape of a status. The word is beside it, so screen readers skip it. */
export const StatusIcon = ({ code }: { readonly code: number }) => (
  <svg class={`icon s${code}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
    {shapes[code] ?? <circle cx="6" cy="6" r="4.75" class="line dashed" />}
  </svg>
)

/** A status: shape and word. */
export const Status = ({ code }: { readonly code: number }) => (
  <span class={`status s${code}`}>
    <StatusIcon code={code} />
    {statusWord(code)}
  </span>
)

const paths = {
  devices: "M3 4.5h14v5H3zM3 12h14v5H3zM6 7h.01M6 14.5h.01",
  sensors: "M3 5h14M3 10h14M3 15h14",
  plot: "M3 3v14h14M6 12l3-4 3 2.5 4-6",
  log: "M5 3h10v14H5zM7.5 7h5M7.5 10h5M7.5 13h3",
  audit: "M10 2.5 16 5v4.5c0 4-2.5 6.5-6 8-3.5-1.5-6-4-6-8V5zM7.5 10l2 2 3.5-4",
  user: "M10 10a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM3.5 17c.5-3.5 3-5 6.5-5s6 1.5 6.5 5",
  sun: "M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1 1M14.7 14.7l1 1M15.7 4.3l-1 1M5.3 14.7l-1 1",
  moon: "M16 11.5A6.5 6.5 0 0 1 8.5 4a6.5 6.5 0 1 0 7.5 7.5z",
  auto: "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
  clock: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6v4l2.5 2",
  search: "M9 14a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM12.7 12.7 17 17",
  close: "M5 5l10 10M15 5 5 15",
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  left: "M12 4l-6 6 6 6",
  right: "M8 4l6 6-6 6",
  download: "M10 3v9M6 8.5l4 4 4-4M4 16.5h12",
  send: "M3 10 17 3.5 12 17l-2.5-5z",
  columns: "M3 4h14v12H3zM8 4v12M12.5 4v12",
  leave: "M8 4H4v12h4M8 10h9M13.5 6.5 17 10l-3.5 3.5",
  up: "M5 12l5-5 5 5",
  down: "M5 8l5 5 5-5"
} as const

/** The name of an icon. */
export type IconName = keyof typeof paths

/** A picture beside a word. */
export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="glyph" viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
    <path d={paths[name]} />
  </svg>
)
