import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync } from "node:fs"
import * as path from "node:path"
import { root } from "./Process.ts"

const folder = path.join(root, ".cache", "hostile")

/** A certificate for 127.0.0.1 that nobody trusts, made once by openssl. */
export const certificate = (): { readonly cert: string; readonly key: string } => {
  const cert = path.join(folder, "cert.pem")
  const key = path.join(folder, "key.pem")
  if (!existsSync(cert)) {
    mkdirSync(folder, { recursive: true })
    const made = ["-keyout", key, "-out", cert, "-days", "30", "-subj", "/CN=127.0.0.1"]
    const elliptic = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    execFileSync("openssl", ["req", "-x509", "-nodes", ...elliptic, ...made], { stdio: "ignore" })
  }
  return { cert, key }
}
