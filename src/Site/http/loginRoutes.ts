/** The login form: a token that is shown there begins a session, known by a cookie. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { Caller } from "./Caller.ts"
import { type ConnectionFacts, type Gate, sessionCookie } from "./Gate.ts"

/** The routes `/login`, `/login.css`, `/login.js` and `/logout`. `factsOf` tells of the connection of a request. */
export const loginRoutes = (gate: Gate, factsOf: (request: HttpServerRequest.HttpServerRequest) => ConnectionFacts) =>
  HttpRouter.addAll([
    HttpRouter.route(
      "GET",
      "/login",
      Effect.map(HttpServerRequest.HttpServerRequest, ({ url }) =>
        page(nextIn(parametersOf(url).get("next")), undefined)
      )
    ),
    HttpRouter.route(
      "GET",
      "/login.js",
      HttpServerResponse.text(script, { contentType: "text/javascript; charset=utf-8" })
    ),
    HttpRouter.route("GET", "/login.css", HttpServerResponse.text(style, { contentType: "text/css; charset=utf-8" })),
    HttpRouter.route(
      "POST",
      "/login",
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => login(gate, request, factsOf(request)))
    ),
    HttpRouter.route(
      "POST",
      "/logout",
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => logout(gate, request, factsOf(request)))
    )
  ])

const parametersOf = (url: string): URLSearchParams => new URL(url, "http://localhost").searchParams

const login = Effect.fnUntraced(function* (
  gate: Gate,
  request: HttpServerRequest.HttpServerRequest,
  facts: ConnectionFacts
) {
  const { from } = yield* Caller
  const form = new URLSearchParams(yield* request.text)
  const next = nextIn(form.get("next"))
  const token = form.get("token")?.trim() ?? ""
  if (token === "") return page(next, "Enter a token.")
  const found = yield* Effect.result(gate.holderOf(token, from))
  if (found._tag === "Failure") {
    const { status } = found.failure
    return page(
      next,
      status === 429
        ? "Too many wrong tokens from your address. Try again in a minute."
        : "This token is unknown, revoked or expired.",
      status
    )
  }
  const { holder } = found.success
  const now = (yield* Clock.currentTimeMillis) / 1000
  const { id, seconds } = gate.sessions.begin(holder, now)
  yield* Effect.logInfo(`http: ${holder.name} (${holder.role}) logs in from ${from}`)
  return yield* HttpServerResponse.setCookie(
    HttpServerResponse.redirect(next, { status: 303 }),
    sessionCookie(facts.isSecure, facts),
    id,
    { httpOnly: true, sameSite: "strict", path: "/", secure: facts.isSecure, maxAge: `${seconds} seconds` }
  ).pipe(Effect.orDie)
})

const logout = Effect.fnUntraced(function* (
  gate: Gate,
  request: HttpServerRequest.HttpServerRequest,
  facts: ConnectionFacts
) {
  const name = sessionCookie(facts.isSecure, facts)
  const id = request.cookies[name]
  if (id !== undefined) gate.sessions.end(id)
  return yield* HttpServerResponse.setCookie(HttpServerResponse.redirect("/login", { status: 303 }), name, "", {
    httpOnly: true,
    sameSite: "strict",
    path: "/",
    secure: facts.isSecure,
    maxAge: 0
  }).pipe(Effect.orDie)
})

/** A path of this server, to which a login leads: never another server. */
const nextIn = (text: string | null): string => {
  if (text === null || !/^\/(?![/\\])[!-~]*$/.test(text)) return "/"
  const { hash, pathname, search } = new URL(text, "http://localhost")
  return pathname.startsWith("//") ? "/" : `${pathname}${search}${hash}`
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const page = (next: string, fault: string | undefined, status = 200): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Log in</title>
<link rel="stylesheet" href="/login.css">
<script src="/login.js" defer></script>
</head>
<body>
<main>
<h1>Log in</h1>
${fault === undefined ? "" : `<p role="alert">${escaped(fault)}</p>\n`}<form method="post" action="/login">
<input type="hidden" name="next" value="${escaped(next)}">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Log in</button>
</form>
</main>
</body>
</html>
`,
    { status: fault === "Enter a token." ? 400 : status, contentType: "text/html; charset=utf-8" }
  )

/** The part of an address behind `#` is known to the browser alone: the form takes it along. */
const script = `const next = document.querySelector("[name=next]")
if (!next.value.includes("#")) next.value += location.hash
`

const style = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 24rem; margin: 12vh auto; padding: 0 1rem }
label { display: block }
input { box-sizing: border-box; width: 100%; font: inherit; padding: .5rem; margin-bottom: 1rem }
button { font: inherit; padding: .5rem 1rem }
[role="alert"] { border-left: .25rem solid; padding-left: .75rem }
`
