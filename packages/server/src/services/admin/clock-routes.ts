/** Session time, for operators: shown always, moved only where the server was started so. */
import { dateOf } from '../../domain/brands.ts'
import { badRequest, conflict, ok, onlyMembers } from './answers.ts'
import type { JsonAnswer } from './answers.ts'
import type { AdminParts } from './parts.ts'
import type { AdminCall } from './routes.ts'

/** Ten years: beyond it times no longer fit what AWS's formats can say. */
const ADVANCE_MAX = 10 * 365 * 24 * 3600 * 1000

export const showClock = ({ clock, clockMovable }: AdminParts): JsonAnswer =>
  ok({
    session: dateOf(clock.session()).toISOString(),
    wire: dateOf(clock.wire()).toISOString(),
    offsetMilliseconds: clock.offset(),
    movable: clockMovable,
  })

/** @throws AdminError 409 where the clock does not move, 400 for no duration */
export function moveClock({ body }: AdminCall, parts: AdminParts): JsonAnswer {
  onlyMembers(body, 'milliseconds')
  const { milliseconds } = body
  if (!parts.clockMovable || parts.clock.advance === undefined)
    throw conflict("This server's clock does not move. Start it with `--clock movable`.")
  if (typeof milliseconds !== 'number' || !Number.isSafeInteger(milliseconds) || milliseconds < 0)
    throw badRequest('`milliseconds` must be a whole number, at least 0.')
  if (parts.clock.offset() + milliseconds > ADVANCE_MAX) throw badRequest('Session time goes ten years ahead at most.')
  parts.clock.advance(milliseconds)
  return showClock(parts)
}
