/** `understudy assume --as-service …`: a session as a service would get it, or why it would not. */
import { textAt } from './answer.ts'
import { adminClient } from './client.ts'
import type { CommandBody } from './command.ts'
import { CommandFailure, UsageError, flag, textOption } from './command.ts'
import { durationMilliseconds } from './duration.ts'

export const assume: CommandBody = async (input, terminal) => {
  const service = textOption(input, 'as-service')
  const roleArn = textOption(input, 'role-arn')
  if (service === undefined || roleArn === undefined)
    throw new UsageError('say which service and which role: `understudy assume --as-service NAME --role-arn ARN`.')
  const duration = textOption(input, 'duration')
  const body = {
    service,
    roleArn,
    ...given('sessionName', textOption(input, 'session-name')),
    ...given('sourceArn', textOption(input, 'source-arn')),
    ...given('sourceAccount', textOption(input, 'source-account')),
    ...(duration === undefined ? {} : { durationSeconds: Math.floor(durationMilliseconds(duration) / 1000) }),
  }
  const answer = await adminClient(input, terminal).call('assume', { method: 'POST', body })
  if (answer.status === 404) throw new CommandFailure('this server has no such route: it is of another version.')
  if (flag(input, 'json')) {
    terminal.out(JSON.stringify(answer.body, undefined, 2))
    return 0
  }
  terminal.err(`${textAt(answer.body, 'arn')} until ${textAt(answer.body, 'expiration')}`)
  terminal.out(`export AWS_ACCESS_KEY_ID=${textAt(answer.body, 'accessKeyId')}`)
  terminal.out(`export AWS_SECRET_ACCESS_KEY=${textAt(answer.body, 'secretAccessKey')}`)
  terminal.out(`export AWS_SESSION_TOKEN=${textAt(answer.body, 'sessionToken')}`)
  return 0
}

const given = (name: string, value: string | undefined): Readonly<Record<string, string>> =>
  value === undefined ? {} : { [name]: value }
