/**
 * Boards over the network of this machine, and their files on its disk.
 *
 * @since 0.1.0
 */
export { file, layer } from "./node.ts"
