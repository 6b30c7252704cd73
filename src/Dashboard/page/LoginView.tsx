/** Logging in with a token, and out again. */
import { useRef, useState } from "preact/hooks"
import { ApiError, leave, login } from "./api.ts"
import { Icon } from "./icons.tsx"

/** Ends the login of this browser. */
export const logout = async (): Promise<void> => {
  try {
    await leave()
  } finally {
    // a new page has nothing of the old one
    location.assign("./")
  }
}

/** The form. */
export const LoginView = () => {
  const [problem, setProblem] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    try {
      await login(field.current!.value.trim())
      location.assign("./")
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : String(error))
      setBusy(false)
      field.current!.select()
    }
  }
  return (
    <div class="view login">
      <form class="card" onSubmit={submit}>
        <h1>Log in</h1>
        <label for="token">Token</label>
        <input
          ref={field}
          id="token"
          type="password"
          autocomplete="current-password"
          required
          aria-describedby="token-hint"
          aria-invalid={problem !== undefined}
        />
        <p id="token-hint" class={problem === undefined ? "dim" : "fault"} role="status">
          {problem ?? "The administrator of the gateway gives it to you."}
        </p>
        <button type="submit" class="button primary" disabled={isBusy}>
          <Icon name="user" />
          Log in
        </button>
      </form>
    </div>
  )
}
