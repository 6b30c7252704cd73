const encoder = new TextEncoder()

/** The text of one metric while it grows. */
export class Page {
  text: string
  private readonly chunks: Array<Uint8Array> = []

  /** Begins with the first lines. */
  constructor(head: string) {
    this.text = head
  }

  /** Encodes the text so far. Returns the number of bytes. */
  flush(): void {
    if (this.text === "") return
    this.chunks.push(encoder.encode(this.text))
    this.text = ""
  }

  /** Returns all its bytes, in pieces. */
  get bytes(): ReadonlyArray<Uint8Array> {
    this.flush()
    return this.chunks
  }
}
