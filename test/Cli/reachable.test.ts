import { expect, it } from "vitest"
import { reachable } from "../../src/Cli/reach/reachable.ts"

const addresses = () => ({
  lo: [{ family: "IPv4" as const, internal: true, address: "127.0.0.1" }],
  eth0: [
    { family: "IPv6" as const, internal: false, address: "2001:db8::7" },
    { family: "IPv4" as const, internal: false, address: "192.0.2.7" }
  ]
})

it("replaces the address of all interfaces by one that other machines can open", () => {
  expect(reachable("http://0.0.0.0:8080", addresses)).toBe("http://192.0.2.7:8080")
  expect(reachable("https://[::]:8080", addresses)).toBe("https://192.0.2.7:8080")
  expect(reachable("http://0.0.0.0:8080", () => ({}))).toBe("http://localhost:8080")
})

it("leaves the address of one interface, and does not ask for others", () => {
  const unasked = () => {
    throw new Error("asked")
  }
  expect(reachable("http://10.0.0.5:8080", unasked)).toBe("http://10.0.0.5:8080")
  expect(reachable("http://[fd00::7]:8080", unasked)).toBe("http://[fd00::7]:8080")
})

it("names localhost if the process may not list its addresses, as in a unit that restricts address families", () => {
  const forbidden = () => {
    throw new Error("A system error occurred: uv_interface_addresses returned Unknown system error 97")
  }
  expect(reachable("https://0.0.0.0:8443", forbidden)).toBe("https://localhost:8443")
})
