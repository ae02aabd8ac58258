/** Metadata clients give up after half a second: where an older answer is at hand, a slow store counts as a failed one. */

/** A request waits at most three times: for its rows, a decision and an issue. */
export const FALLBACK_AFTER_MILLISECONDS = 120

/** Rejects when `work` takes longer. The work goes on; its result is dropped. */
export async function within<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no result after ${milliseconds} ms`)), milliseconds)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
