/** Certificates of runners, made by openssl. */
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"

/** A certificate with its key and the authority that signed it, in PEM. */
export interface Certificate {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/**
 * Makes an authority of a name, and certificates for 127.0.0.1 signed by it, in a folder: `NAME-ca.pem`, and for each
 * runner `RUNNER.pem` and `RUNNER.key`.
 */
export const certificates = (
  folder: string,
  authority: string,
  runners: ReadonlyArray<string>
): ReadonlyMap<string, Certificate> => {
  const at = (name: string) => path.join(folder, name)
  const openssl = (...words: ReadonlyArray<string>) => execFileSync("openssl", words, { stdio: "pipe" })
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
  const [ca, caKey] = [at(`${authority}-ca.pem`), at(`${authority}-ca.key`)]
  openssl("req", "-x509", ...curve, "-days", "2", "-subj", `/CN=${authority}`, "-keyout", caKey, "-out", ca)
  writeFileSync(at("san.cnf"), "subjectAltName=IP:127.0.0.1,DNS:runner.example\n")
  return new Map(
    runners.map((name) => {
      const [cert, key, request] = [at(`${name}.pem`), at(`${name}.key`), at(`${name}.csr`)]
      openssl("req", ...curve, "-subj", `/CN=${name}`, "-keyout", key, "-out", request)
      const signing = ["-CA", ca, "-CAkey", caKey, "-CAcreateserial", "-days", "2", "-extfile", at("san.cnf")]
      openssl("x509", "-req", "-in", request, "-out", cert, ...signing)
      const read = (file: string) => readFileSync(file, "utf8")
      return [name, { ca: read(ca), cert: read(cert), key: read(key) }]
    })
  )
}
