/** `understudy env`: the variables that make AWS clients of a shell use the server. Reads files only, never the network. */
import { readFileSync } from 'node:fs'
import { CommandFailure, flag, textOption } from './command.ts'
import type { CommandBody } from './command.ts'
import { knownServer } from './client.ts'
import { parseCredentialsFile } from './credentials-profiles.ts'
import { isAlive } from './servers.ts'
import type { Profile } from './credentials-profiles.ts'

/** The region that is suggested: on a bare address any region works. */
const REGION = 'us-east-1'

export const env: CommandBody = async (input, terminal) => {
  const server = knownServer(input, terminal)
  const name = textOption(input, 'account') ?? 'default'
  const profile = profileNamed(readProfiles(server.credentialsFile), name, server.credentialsFile)
  if (!isAlive(server.pid)) terminal.err(`understudy: the server at ${server.url} (process ${server.pid}) has ended.`)
  const variables = {
    AWS_ENDPOINT_URL: server.awsUrl,
    AWS_ACCESS_KEY_ID: profile.accessKeyId,
    AWS_SECRET_ACCESS_KEY: profile.secretAccessKey,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    UNDERSTUDY_SERVER: server.url,
  }
  if (flag(input, 'json')) {
    terminal.out(JSON.stringify(variables, undefined, 2))
    return 0
  }
  for (const [variable, value] of Object.entries(variables)) terminal.out(`export ${variable}=${shellQuoted(value)}`)
  // What an earlier session left in the shell would win over, or be mixed with, these keys.
  terminal.out('unset AWS_SESSION_TOKEN AWS_SECURITY_TOKEN AWS_PROFILE AWS_DEFAULT_PROFILE')
  return 0
}

/** @throws CommandFailure when the file cannot be read */
export function readProfiles(path: string): ReadonlyMap<string, Profile> {
  try {
    return parseCredentialsFile(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new CommandFailure(
      `the credentials file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function profileNamed(profiles: ReadonlyMap<string, Profile>, name: string, path: string): Profile {
  const profile = profiles.get(name)
  if (profile !== undefined) return profile
  throw new CommandFailure(
    `${path} has no keys of \`${name}\`. It has: ${[...profiles.keys()].join(', ') || 'nothing'}.`,
  )
}

/** A word as a POSIX shell reads it back unchanged. */
export const shellQuoted = (value: string): string =>
  /^[\w/:=.,+@%-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`
