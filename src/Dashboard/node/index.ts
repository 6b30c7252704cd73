/**
 * The dashboard: a page with the devices of a site, live, with their history. This room has the page itself, which a
 * gateway serves; `pageFiles` are its files.
 *
 * @since 0.1.0
 */
export { pageFiles } from "./pageFiles.ts"
