/** Plots of sensors over one stretch of time. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks"
import { isDark, zone } from "./app.ts"
import { axisWidth, PlotDrawing, type PlotProps, stretchOf } from "./PlotDrawing.ts"

/** Draws the series while the component exists. */
export const Plot = (props: PlotProps) => {
  const holder = useRef<HTMLDivElement>(null)
  const now = useRef(props)
  now.current = props
  const lines = props.series.filter(({ isLine }) => isLine)
  const bands = props.series.filter(({ isLine, row }) => row !== undefined && !isLine)
  const layout = JSON.stringify([
    lines.map(({ key, row }) => [key, row?.units]),
    bands.map(({ key }) => key),
    isDark.value,
    zone.value
  ])

  useLayoutEffect(() => {
    const box = holder.current!
    const drawing = new PlotDrawing(box, lines, bands, now)
    return () => drawing.dispose()
  }, [layout])

  useEffect(() => {
    const wheel = (event: WheelEvent) => {
      const { from, to } = stretchOf(now.current.range)
      const length = to - from
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault()
        const box = holder.current!.getBoundingClientRect()
        const share = Math.max(0, Math.min(1, (event.clientX - box.left - axisWidth) / (box.width - axisWidth - 16)))
        const wider = Math.max(1, length * (event.deltaY > 0 ? 1.25 : 0.8))
        now.current.onRange(from + (length - wider) * share, to + (wider - length) * (1 - share))
      } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault()
        const by = (event.deltaX / box().width) * length
        now.current.onRange(from + by, to + by)
      }
    }
    const box = () => holder.current!.getBoundingClientRect()
    const element = holder.current!
    element.addEventListener("wheel", wheel, { passive: false })
    return () => element.removeEventListener("wheel", wheel)
  }, [])

  return <div ref={holder} class="plots" />
}
