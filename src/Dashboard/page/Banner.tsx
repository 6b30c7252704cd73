/** Shows that the gateway or devices are disconnected. Names and last values stay on the page. */
import { href } from "../state/address.ts"
import { counted, visible } from "../state/format.ts"
import { connectionChanges, deviceChanges, live } from "./app.ts"
import { Age } from "./text.tsx"

/** The number of device names in the banner. Not measured: they fit on a line of a phone. */
const named = 3

/** The banner; empty without a fault. */
export const Banner = () => {
  connectionChanges.value
  deviceChanges.value
  return (
    <div class="banners" role="status">
      <Gateway />
      <Runners />
      <Devices />
    </div>
  )
}

const Gateway = () => {
  const { state } = live
  if (state._tag === "ended")
    return (
      <p class="banner bad">
        <span>
          {state.reason === "expired" ? "Your session has expired." : "Your session was ended."} The values shown are
          the last ones received.
        </span>
        <a class="button" href={`login?next=/${location.hash}`}>
          Log in again
        </a>
      </p>
    )
  if (state._tag !== "lost") return null
  return (
    <p class="banner bad">
      <span>
        {live.lostAt === undefined ? (
          "Cannot reach the gateway."
        ) : (
          <>
            Connection to the gateway lost (<Age since={live.lostAt} />
            ). The values shown are the last ones received.
          </>
        )}{" "}
        Retrying…
      </span>
      <button type="button" class="button" onClick={() => live.retry()}>
        Retry now
      </button>
    </p>
  )
}

const Runners = () => {
  const { missing } = live
  if (live.state._tag !== "live" || missing.length === 0) return null
  const [one = ""] = missing
  return (
    <p class="banner">
      <span>
        {missing.length === 1 ? (
          <>
            The runner <bdi>{visible(one)}</bdi> is
          </>
        ) : (
          `${counted(missing.length, "runner")} are`
        )}{" "}
        missing. Devices that no other runner has taken over yet are shown as unreachable.
      </span>
    </p>
  )
}

const Devices = () => {
  if (live.state._tag !== "live") return null
  const away = [...live.devices.values()].filter(({ connected }) => !connected)
  if (away.length === 0) return null
  return (
    <p class="banner">
      <span>
        {away.length > named ? (
          `${counted(away.length, "device")} are disconnected`
        ) : (
          <>
            {away.map(({ name }, at) => (
              <>
                {at === 0 ? "" : ", "}
                <a href={href({ view: "device", device: name, request: undefined })}>
                  <bdi>{visible(name)}</bdi>
                </a>
              </>
            ))}{" "}
            {away.length === 1 ? "is" : "are"} disconnected
            {away.length === 1 ? (
              <>
                {" "}
                (<Age since={away[0]!.since} />)
              </>
            ) : null}
          </>
        )}
        . {away.length === 1 ? "Its" : "Their"} values are the last ones received.
      </span>
    </p>
  )
}
