/** `understudy whoami`: who the credentials of this shell are on the server, and how they came to be. */
import type { CommandBody, Environment } from './command.ts'
import { CommandFailure, flag } from './command.ts'
import { elementText, queryCall } from './aws-call.ts'
import type { AwsAnswer, Keys } from './aws-call.ts'
import { knownServer } from './client.ts'
import { readProfiles } from './env.ts'
import type { ServerEntry } from './servers.ts'

export const whoami: CommandBody = async (input, terminal) => {
  const server = knownServer(input, terminal)
  const { keys, source } = shellKeys(terminal.environment, server)
  const answer = await ask(server, keys)
  if (answer.errorCode !== undefined)
    throw new CommandFailure(
      `${server.awsUrl} refuses key ${keys.accessKeyId} (${source}): ${answer.errorCode} ${answer.errorMessage ?? ''}`.trimEnd() +
        (answer.decisionId === undefined ? '' : `. \`understudy why ${answer.decisionId}\` says why.`),
    )
  const found = {
    arn: elementText(answer.body, 'Arn'),
    account: elementText(answer.body, 'Account'),
    userId: elementText(answer.body, 'UserId'),
    accessKeyId: keys.accessKeyId,
    source,
    server: server.url,
    endpoint: server.awsUrl,
  }
  if (flag(input, 'json')) terminal.out(JSON.stringify(found, undefined, 2))
  else for (const [name, value] of Object.entries(found)) terminal.out(`${name.padEnd(12)} ${value ?? '-'}`)
  return 0
}

async function ask(server: ServerEntry, keys: Keys): Promise<AwsAnswer> {
  try {
    return await queryCall({ endpoint: server.awsUrl, keys, service: 'sts' }, 'GetCallerIdentity')
  } catch (error) {
    if (error instanceof TypeError) throw new CommandFailure(`${server.awsUrl} does not answer. Is the server running?`)
    throw error
  }
}

/** The keys of the shell's variables; without any, those of the first account's administrator. */
function shellKeys(environment: Environment, server: ServerEntry): { readonly keys: Keys; readonly source: string } {
  const accessKeyId = environment['AWS_ACCESS_KEY_ID']
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY']
  const sessionToken = environment['AWS_SESSION_TOKEN']
  if (accessKeyId && secretAccessKey)
    return {
      keys: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) },
      source: "this shell's variables",
    }
  const profile = readProfiles(server.credentialsFile).get('default')
  if (profile === undefined)
    throw new CommandFailure('this shell has no keys, and the credentials file has no default ones.')
  return { keys: profile, source: 'profile `default` of the credentials file' }
}
