/** `understudy clock`: shows session time, or moves it forward. */
import type { CommandBody } from './command.ts'
import { UsageError, flag } from './command.ts'
import { adminClient } from './client.ts'
import { durationMilliseconds, durationText } from './duration.ts'
import { numberAt, textAt } from './answer.ts'

export const clock: CommandBody = async (input, terminal) => {
  const [verb, duration] = input.positionals
  if (verb !== undefined && duration === undefined)
    throw new UsageError('say how far to go: `understudy clock advance 55m`.')
  const milliseconds = duration === undefined ? undefined : durationMilliseconds(duration)
  const client = adminClient(input, terminal)
  const { body } =
    milliseconds === undefined
      ? await client.call('clock')
      : await client.call('clock/advance', { method: 'POST', body: { milliseconds } })
  if (flag(input, 'json')) {
    terminal.out(JSON.stringify(body, undefined, 2))
    return 0
  }
  const offset = numberAt(body, 'offsetMilliseconds')
  terminal.out(`session time  ${textAt(body, 'session')}  (${durationText(offset)} ahead)`)
  terminal.out(`wire time     ${textAt(body, 'wire')}`)
  return 0
}
