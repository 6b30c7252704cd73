/** Functions that are called with every change. One may be added twice, and may end itself while it is called. */
export class Listeners<F> {
  all: ReadonlyArray<{ readonly call: F }> = []

  /** Adds a function. Returns a function that ends it. */
  add(call: F): () => void {
    const own = { call }
    this.all = [...this.all, own]
    return () => {
      this.all = this.all.filter((other) => other !== own)
    }
  }
}
