/** The login form: a token begins a session, identified by a cookie. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { Caller } from "./Caller.ts"
import { type ConnectionFacts, type Gate, sessionCookie } from "./Gate.ts"

/**
 * The routes `/login`, `/login.css`, `/login.js` and `/logout`. `factsOf` returns the facts of a request's connection.
 */
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
        : status === 503
          ? "The token cannot be checked now, because its issuer does not answer. Try again."
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

/** The target path of a login, always on this server. */
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

/** Only the browser knows the fragment of an address: the form sends it. */
const script = `const next = document.querySelector("[name=next]")
if (!next.value.includes("#")) next.value += location.hash
`

const style = `:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { margin: 0; background: light-dark(#f6f7f9, #0e1116); color: light-dark(#1a1f29, #e5e9f0) }
main { max-width: 22rem; margin: 14vh auto 0; padding: 1.75rem; border: 1px solid light-dark(#e2e5ea, #272d38); border-radius: 14px; background: light-dark(#fff, #161a21) }
h1 { margin: 0 0 1rem; font-size: 1.4rem }
label { display: block; margin-bottom: .25rem; font-weight: 600 }
input, button { box-sizing: border-box; width: 100%; padding: .55rem .75rem; border: 1px solid light-dark(#8a93a3, #5c6678); border-radius: 9px; font: inherit }
input { margin-bottom: 1rem; background: transparent; color: inherit }
button { border-color: transparent; background: light-dark(#2a55cf, #86abff); color: light-dark(#fff, #0c1424); font-weight: 600; cursor: pointer }
:focus-visible { outline: 2px solid light-dark(#2a55cf, #86abff); outline-offset: 2px }
[role="alert"] { margin: 0 0 1rem; padding: .5rem .75rem; border-left: .25rem solid light-dark(#c23b22, #ff7f66); background: light-dark(#f9ebe8, #3a2320) }
@media (max-width: 26rem) { main { margin: 0; border: 0; border-radius: 0; background: none } }
`
