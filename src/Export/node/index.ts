/**
 * Exporters that need Node: files.
 *
 * @since 0.1.0
 */
export { type FileOptions, layerLineFile, lineFile } from "./file.ts"
export { layerSection } from "./section.ts"
