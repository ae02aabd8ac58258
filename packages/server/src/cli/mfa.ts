/** `understudy mfa code`: what the phone of a user would show, by session time. */
import { at, listAt, textAt } from './answer.ts'
import { adminClient, errorMessage } from './client.ts'
import type { CommandBody } from './command.ts'
import { CommandFailure, flag, textOption } from './command.ts'

export const mfa: CommandBody = async (input, terminal) => {
  const user = input.positionals[1] ?? ''
  const account = textOption(input, 'account')
  const query = new URLSearchParams({ user, ...(account === undefined ? {} : { account }) })
  const { status, body } = await adminClient(input, terminal).call(`mfa/code?${query.toString()}`)
  if (status === 404) throw new CommandFailure(errorMessage(body) ?? `there is no MFA device of \`${user}\`.`)
  if (flag(input, 'json')) terminal.out(JSON.stringify(body, undefined, 2))
  else if (flag(input, 'pair')) terminal.out(listAt(body, 'pair').join(' '))
  else terminal.out(textAt(body, 'code'))
  if (at(body, 'enabled') === false && !flag(input, 'pair'))
    terminal.err(
      'This device is not enabled for anybody yet: `--pair` prints the two codes that EnableMFADevice takes.',
    )
  return 0
}
