/** What the system says when it cannot do something, in words. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens at that port; is the device running, and is the port right?",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the name of the host could not be looked up",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network of the host cannot be reached",
  ETIMEDOUT: "the host does not answer",
  ECONNRESET: "the connection was cut at once",
  EACCES: "this is not allowed here",
  EPERM: "this is not allowed here",
  EADDRINUSE: "another program listens there already",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOENT: "there is no such file or folder",
  ENOTDIR: "there is no such file or folder",
  EISDIR: "it is a folder",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would become too large",
  EROFS: "the file system is read-only",
  EIO: "the device or disk has failed"
}

/** Returns what an error code of the system means, for common ones. */
export const wordsOf = ({ code }: NodeJS.ErrnoException): string | undefined =>
  code === undefined ? undefined : words[code]
