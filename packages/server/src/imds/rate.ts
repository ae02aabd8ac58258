/** A bucket of requests: refilled evenly, with room for a burst of two seconds. */

/** @param now milliseconds on a clock that never goes back. @returns whether one more request is within the rate */
export function requestBudget(perSecond: number, now: () => number): () => boolean {
  const room = perSecond * 2
  let left = room
  let filledAt = now()
  return () => {
    const time = now()
    left = Math.min(room, left + ((time - filledAt) * perSecond) / 1000)
    filledAt = time
    if (left < 1) return false
    left -= 1
    return true
  }
}
