/** The sections of a site file: a line for each, with the Schema of its room. `parts.ts` has those that run. */
import * as Schema from "effect/Schema"
import { ArchiveSection } from "../Archive/index.ts"
import { ExportSection } from "../Export/index.ts"
import { FleetSection } from "../Fleet/index.ts"
import { Gateway } from "../Gateway/index.ts"
import { Proxy } from "../Proxy/index.ts"
import { AccessSection, DevicesSection, HttpSection } from "../Site/index.ts"
import { isSameDatabase } from "./databases.ts"

/** The sections by key. `devices` is required; others are optional. */
const sections = {
  devices: DevicesSection,
  http: Schema.optional(HttpSection),
  access: Schema.optional(AccessSection),
  proxy: Schema.optional(Proxy.ProxySection),
  archive: Schema.optional(ArchiveSection),
  export: Schema.optional(ExportSection),
  gateway: Schema.optional(Gateway.GatewaySection),
  fleet: Schema.optional(FleetSection)
}

const withoutHttp = (...path: ReadonlyArray<string>) => ({
  path,
  issue: "there is no section http; set the address to listen on: http: { listen: 8080 }"
})

/**
 * The Schema of a site file, after replacing `${env:NAME}`.
 *
 * @category models
 * @since 0.1.0
 */
export const SiteFile = Schema.Struct(sections).check(
  Schema.makeFilter(
    ({
      archive,
      fleet
    }: {
      readonly archive?: ArchiveSection | undefined
      readonly fleet?: FleetSection | undefined
    }) =>
      archive === undefined || fleet?.database === undefined || isSameDatabase(archive.store, fleet.database)
        ? true
        : {
            path: ["archive", "store"],
            issue:
              "the archive of a fleet must be in the fleet's database, which refuses writes of a replaced runner; use the database of fleet.database"
          }
  ),
  Schema.makeFilter(
    ({
      export: exported,
      gateway,
      http
    }: {
      readonly export?: ExportSection | undefined
      readonly gateway?: unknown
      readonly http?: unknown
    }) => {
      if (http !== undefined) return true
      if (gateway !== undefined) return withoutHttp("gateway")
      return exported?.prometheus === undefined || withoutHttp("export", "prometheus")
    }
  )
)

/**
 * The data of a site file.
 *
 * @category models
 * @since 0.1.0
 */
export type SiteFile = typeof SiteFile.Type

/**
 * The keys of a site file.
 *
 * @category models
 * @since 0.1.0
 */
export type SectionKey = keyof SiteFile
