/** `understudy oidc keys`: keys of an identity provider given instead of fetched, for sites without a way to the issuer. */
import { readFile } from 'node:fs/promises'
import type { CommandBody } from './command.ts'
import { CommandFailure, UsageError, flag } from './command.ts'
import { listAt } from './answer.ts'
import { adminClient, errorMessage } from './client.ts'

export const oidc: CommandBody = async (input, terminal) => {
  const [, provider = '', file] = input.positionals
  const isFetched = flag(input, 'fetch')
  if ((file === undefined) !== isFetched) throw new UsageError('`oidc keys` takes either a file or `--fetch`.')
  const jwks = file === undefined ? undefined : await readKeys(file)
  const client = adminClient(input, terminal)
  const body = { provider, ...(jwks === undefined ? {} : { jwks }) }
  const { status, body: answer } = await client.call('oidc/keys', { method: 'POST', body })
  if (status === 404) throw new CommandFailure(errorMessage(answer) ?? `there is no provider \`${provider}\`.`)
  const keyIds = listAt(answer, 'keyIds').join(', ')
  if (flag(input, 'json')) terminal.out(JSON.stringify(answer, undefined, 2))
  else if (isFetched) terminal.out(`The keys of ${provider} are fetched from the issuer again.`)
  else terminal.out(`${provider} has the keys ${keyIds}; nothing is fetched for it.`)
  return 0
}

async function readKeys(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CommandFailure(
      `the file \`${file}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}
