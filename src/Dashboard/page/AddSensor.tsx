/** Adds a sensor to the plot: a field that lists the sensors whose names match the input. */
import { useEffect, useId, useState } from "preact/hooks"
import { textOf, visible } from "../state/format.ts"
import { type Found, searchSensors } from "./api.ts"
import { Icon } from "./icons.tsx"
import { SensorName } from "./text.tsx"

/** Given by the time between two letters of a quick typist, in milliseconds. */
const typing = 120

/** The field. */
export const AddSensor = (props: {
  readonly taken: ReadonlyArray<string>
  readonly onAdd: (sensor: string) => void
}) => {
  const [text, setText] = useState("")
  const [found, setFound] = useState<ReadonlyArray<Found>>([])
  const [at, setAt] = useState(-1)
  const id = useId()
  const { taken } = props
  useEffect(() => {
    if (text.trim() === "") {
      setFound([])
      return undefined
    }
    const ended = new AbortController()
    const timer = setTimeout(() => {
      searchSensors(text.trim(), ended.signal).then(
        (sensors) => {
          setFound(sensors.filter(({ key }) => !taken.includes(key)).slice(0, 8))
          setAt(-1)
        },
        () => {}
      )
    }, typing)
    return () => {
      clearTimeout(timer)
      ended.abort()
    }
  }, [text])
  if (taken.length >= 8) return null
  const add = (sensor: string | undefined) => {
    if (sensor === undefined) return
    setText("")
    setFound([])
    props.onAdd(sensor)
  }
  const press = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(found.length - 1, at + 1))
    else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1))
    else if (event.key === "Enter") add((found[at] ?? (found.length === 1 ? found[0] : undefined))?.key)
    else if (event.key === "Escape") setText("")
    else return
    event.preventDefault()
  }
  return (
    <div class="add-sensor">
      <label class="field search">
        <Icon name="plus" />
        <span class="unseen">Add a sensor to the plot</span>
        <input
          type="text"
          role="combobox"
          placeholder="Add a sensor to the plot"
          autocomplete="off"
          value={text}
          aria-expanded={found.length > 0}
          aria-controls={id}
          aria-activedescendant={at === -1 ? undefined : `${id}-${at}`}
          onInput={({ currentTarget: { value } }) => setText(value)}
          onKeyDown={press}
        />
      </label>
      <ul id={id} class={`pop found ${found.length === 0 ? "none" : ""}`} role="listbox" aria-label="Sensors">
        {found.map((sensor, index) => (
          <li
            key={sensor.key}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            onPointerDown={(event) => {
              event.preventDefault()
              add(sensor.key)
            }}
          >
            <SensorName sensor={sensor.key} />
            <small class="dim">
              <bdi>{textOf(sensor.description, 80)}</bdi>
            </small>
          </li>
        ))}
      </ul>
      <span class="unseen" role="status">
        {text !== "" && found.length > 0 ? `${found.length} sensors: ${visible(found[0]!.key)} is the first` : ""}
      </span>
    </div>
  )
}
