/** Who wants to hear of changes. */
import type { ChangeListener, Head, Touched } from './port.ts'

/** Tells all; what a listener throws is an error of the process, and neither of the store nor of the other listeners. */
export function tell(listeners: Iterable<ChangeListener>, head: Head, touched: readonly Touched[] | 'all'): void {
  for (const listener of listeners) {
    try {
      listener(head, touched)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
