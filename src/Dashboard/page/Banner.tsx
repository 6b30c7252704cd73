/** Says that the gateway or devices are away. Names and last values stay on the page. */
import { href } from "../state/address.ts"
import { counted, visible } from "../state/format.ts"
import { connectionChanges, deviceChanges, live } from "./app.ts"
import { Age } from "./text.tsx"

/** Device names that the banner says. Not measured: what fits on a line of a phone. */
const named = 3

/** The banner; empty while all is well. */
export const Banner = () => {
  connectionChanges.value
  deviceChanges.value
  return (
    <div class="banners" role="status">
      <Gateway />
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
          {state.reason === "expired" ? "Your login has expired." : "Your login was revoked."} Values are the last that
          came.
        </span>
        <a class="button" href="login?next=/">
          Log in again
        </a>
      </p>
    )
  if (state._tag !== "lost") return null
  return (
    <p class="banner bad">
      <span>
        {live.lostAt === undefined ? (
          "The gateway cannot be reached."
        ) : (
          <>
            The gateway is away: <Age since={live.lostAt} />. Values are the last that came.
          </>
        )}{" "}
        Trying again.
      </span>
      <button type="button" class="button" onClick={() => live.retry()}>
        Try now
      </button>
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
          `${counted(away.length, "device")} away`
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
            {away.length === 1 ? "is" : "are"} away
            {away.length === 1 ? (
              <>
                {" "}
                (<Age since={away[0]!.since} />)
              </>
            ) : null}
          </>
        )}
        . Values are the last that came.
      </span>
    </p>
  )
}
