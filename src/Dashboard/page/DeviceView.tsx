/** A device: the state of its connection, its sensors by status, and the requests that the caller can make. */
import { useEffect, useState } from "preact/hooks"
import { allSensors, href } from "../state/address.ts"
import type { RequestHelp } from "../state/fields.ts"
import { textOf, visible } from "../state/format.ts"
import { AwayTimes } from "./AwayTimes.tsx"
import { ApiError, type DeviceRequests, requestsOf } from "./api.ts"
import { connectionChanges, deviceChanges, live } from "./app.ts"
import { Counts, DeviceState } from "./DevicesView.tsx"
import { Icon } from "./icons.tsx"
import { RequestForm } from "./RequestForm.tsx"

/** The view of a device. */
export const DeviceView = (props: { readonly device: string; readonly request: string | undefined }) => {
  deviceChanges.value
  connectionChanges.value
  const device = live.devices.get(props.device)
  const name = visible(props.device)
  return (
    <div class="view">
      <header class="head">
        <h1>
          <bdi>{name}</bdi>
        </h1>
        <p class="links">
          <a class="button" href={href({ ...allSensors, device: props.device })}>
            <Icon name="sensors" />
            Sensors
          </a>
          <a class="button" href={href({ view: "log", level: "info", device: props.device })}>
            <Icon name="log" />
            Log
          </a>
        </p>
      </header>
      {device === undefined ? (
        <p class="nothing">
          {live.state._tag === "live" && live.devices.size > 0
            ? `The gateway has no device called ${name}.`
            : "Connecting to the gateway…"}
        </p>
      ) : (
        <>
          <section class="card" aria-label="State">
            <DeviceState device={device} />
            <Counts device={device} />
          </section>
          <AwayTimes device={props.device} />
          <Requests device={props.device} allowed={device.requests} chosen={props.request} />
        </>
      )}
    </div>
  )
}

const Requests = (props: {
  readonly device: string
  readonly allowed: ReadonlyArray<string>
  readonly chosen: string | undefined
}) => {
  const { allowed, chosen, device } = props
  const [known, setKnown] = useState<DeviceRequests>()
  const [problem, setProblem] = useState<string>()
  useEffect(() => {
    if (allowed.length === 0) return undefined
    const ended = new AbortController()
    requestsOf(device, ended.signal).then(
      (answer) => {
        setKnown(answer)
        setProblem(undefined)
      },
      (error: unknown) => {
        if (!ended.signal.aborted) setProblem(error instanceof ApiError ? error.message : String(error))
      }
    )
    return () => ended.abort()
  }, [device, allowed.join()])
  const described = [...allowed]
    .sort()
    .map((name): RequestHelp => known?.requests.find((request) => request.name === name) ?? { name, help: "" })
  const request = described.find(({ name }) => name === chosen)
  return (
    <section class="card requests" aria-label="Requests">
      <h2>Requests</h2>
      {allowed.length === 0 ? (
        <p class="dim">
          No requests are available to you. The gateway must allow a request (option <code>--allow</code>, or{" "}
          <code>allow</code> in the site file), and your role must permit it.
        </p>
      ) : (
        <div class="requests-columns">
          <nav aria-label="Requests">
            <ul class="request-list">
              {described.map(({ help, name }) => (
                <li key={name}>
                  <a
                    href={href({ view: "device", device, request: name })}
                    aria-current={name === chosen ? "true" : undefined}
                  >
                    <bdi>?{visible(name)}</bdi>
                    <small class="dim">
                      <bdi>{firstLine(help)}</bdi>
                    </small>
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          {request === undefined ? (
            <p class="dim choose">
              {chosen === undefined ? "Select a request." : `?${visible(chosen)} is not available to you.`}
            </p>
          ) : (
            <RequestForm key={request.name} device={device} request={request} version={known?.version ?? 5} />
          )}
        </div>
      )}
      {problem === undefined ? null : (
        <p class="note" role="status">
          Cannot read the help texts: {problem}.
        </p>
      )}
    </section>
  )
}

const firstLine = (help: string): string => textOf(help.split("\n")[0]!.replace(/ Usage: .*$/, ""), 90)
