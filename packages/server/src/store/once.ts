/** Does something once, however often it is called. */
export function once<R>(run: () => Promise<R>): () => Promise<R> {
  let running: Promise<R> | undefined
  return () => (running ??= run())
}
