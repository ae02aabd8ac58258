/** Waiting that ends. */

/** Resolves when `work` does, or after so many milliseconds. What is late goes on by itself; what fails in time rejects. */
export async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)))
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
