/** Starts again where a picture is too old for a row. */
import { PictureMoved } from './errors.ts'
import type { Picture, Store } from './port.ts'

/** How often a request starts again before the error goes to its caller. */
const RESTARTS_MAX = 20

/**
 * Runs `use` on a picture: first on `from` (the published one when absent), and again on a fresh one each time that a row
 * changed while it was read. `use` only reads.
 */
export async function onPicture<R>(store: Store, use: (picture: Picture) => Promise<R>, from?: Picture): Promise<R> {
  let picture = from ?? store.current()
  for (let restarts = 0; ; restarts++) {
    try {
      return await use(picture)
    } catch (error) {
      if (!(error instanceof PictureMoved) || restarts === RESTARTS_MAX) throw error
      picture = await store.fresh()
    }
  }
}
