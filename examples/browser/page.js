// A page that talks KATCP with a device: `node examples/browser.ts` serves it.
import { connect } from "katcp/promise/browser"

const show = (id, text) => {
  document.getElementById(id).textContent = text
}

const device = await connect({ url: "/katcp/example", wait: true })

document.getElementById("add").addEventListener("submit", async (event) => {
  event.preventDefault()
  const numbers = new FormData(event.target)
  try {
    const { values } = await device.call("add", [numbers.get("x"), numbers.get("y")])
    show("sum", values[0])
  } catch (error) {
    show("sum", error.message)
  }
})

const watchState = async () => {
  for await (const { _tag } of device.states()) show("state", _tag)
}
const watchResult = async () => {
  for await (const { status, value } of device.sensorNamed("add.result").sample("event"))
    show("result", `${value} (${status})`)
}
await Promise.all([watchState(), watchResult()])
