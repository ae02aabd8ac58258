/** `understudy saml`: an assertion of the lab's identity provider, and what any SAML response says. */
import { readFile } from 'node:fs/promises'
import { at, listAt, shown, textAt } from './answer.ts'
import { adminClient, errorMessage } from './client.ts'
import type { CommandBody, CommandInput, ExitCode, Terminal } from './command.ts'
import { CommandFailure, UsageError, flag, textOption } from './command.ts'
import { durationMilliseconds } from './duration.ts'

export const saml: CommandBody = (input, terminal) => {
  const [verb, file] = input.positionals
  if (verb === 'mint' && file === undefined) return mint(input, terminal)
  if (verb === 'inspect' && file !== undefined) return inspect(file, input, terminal)
  throw new UsageError('`saml` takes `mint`, or `inspect` with a file or `-`.')
}

/** Option → member of the request. */
const TEXTS: readonly (readonly [option: string, member: string])[] = [
  ['role', 'role'],
  ['provider', 'provider'],
  ['user', 'user'],
  ['subject', 'subject'],
  ['session-name', 'sessionName'],
  ['format', 'format'],
  ['recipient', 'recipient'],
  ['audience', 'audience'],
  ['source-identity', 'sourceIdentity'],
]
const TIMES: readonly (readonly [option: string, member: string])[] = [
  ['session-duration', 'sessionDuration'],
  ['session-ends', 'sessionSeconds'],
  ['expires', 'validSeconds'],
]

async function mint(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const roleValues = listOption(input, 'role-attribute')
  if (['role', 'user'].every((name) => textOption(input, name) === undefined) && roleValues.length === 0)
    throw new UsageError('`saml mint` needs `--role`, `--role-attribute` or `--user`.')
  const given = (pairs: typeof TEXTS, read: (value: string) => unknown): object =>
    Object.fromEntries(
      pairs.flatMap(([option, member]) => {
        const value = textOption(input, option)
        return value === undefined ? [] : [[member, read(value)]]
      }),
    )
  const attributes = new Map<string, string[]>()
  for (const [name, value] of pairsOf(input, 'attribute'))
    attributes.set(name, [...(attributes.get(name) ?? []), value])
  const body = {
    ...given(TEXTS, (value) => value),
    ...given(TIMES, seconds),
    tags: Object.fromEntries(pairsOf(input, 'tag')),
    transitiveTagKeys: listOption(input, 'transitive'),
    attributes: Object.fromEntries(attributes),
    ...(roleValues.length === 0 ? {} : { roleValues }),
  }
  const { body: answer } = await adminClient(input, terminal).call('saml/mint', { method: 'POST', body })
  terminal.out(flag(input, 'json') ? JSON.stringify(answer, undefined, 2) : textAt(answer, 'assertion'))
  return 0
}

const listOption = (input: CommandInput, name: string): readonly string[] => {
  const given = input.values[name]
  return Array.isArray(given) ? given.map(String) : []
}

function pairsOf(input: CommandInput, option: string): readonly (readonly [string, string])[] {
  return listOption(input, option).map((text) => {
    const sign = text.indexOf('=')
    if (sign <= 0) throw new UsageError(`\`--${option} ${text}\` must be NAME=VALUE.`)
    return [text.slice(0, sign), text.slice(sign + 1)]
  })
}

function seconds(text: string): number {
  const isPast = text.startsWith('-')
  const count = Math.floor(durationMilliseconds(isPast ? text.slice(1) : text) / 1000)
  return isPast ? -count : count
}

async function inspect(file: string, input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const response = asBase64(file === '-' ? await terminal.readInput() : await readText(file))
  const provider = textOption(input, 'provider')
  const body = { response, ...(provider === undefined ? {} : { provider }) }
  const { status, body: answer } = await adminClient(input, terminal).call('saml/inspect', { method: 'POST', body })
  if (status === 404) throw new CommandFailure(errorMessage(answer) ?? 'there is no such provider.')
  if (flag(input, 'json')) terminal.out(JSON.stringify(answer, undefined, 2))
  else print(answer, terminal)
  return at(answer, 'accepted') === true ? 0 : 1
}

/** Browsers post base64, some with percent signs; people also keep the plain document. */
function asBase64(text: string): string {
  const trimmed = text.trim().replace(/^SAMLResponse=/, '')
  if (trimmed.startsWith('<')) return Buffer.from(trimmed).toString('base64')
  return trimmed.includes('%') ? decodeURIComponent(trimmed) : trimmed
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CommandFailure(
      `the file \`${file}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function print(answer: unknown, terminal: Terminal): void {
  const refusal = at(answer, 'refusal')
  const provider = at(answer, 'providerArn')
  if (at(answer, 'accepted') === true) terminal.out(`Taken by ${shown(answer, 'providerArn')}.`)
  else if (refusal === undefined)
    terminal.out('No SAML provider of this server is named: nothing here is proved. Name one with --provider.')
  else terminal.out(`Refused by ${String(provider)}: ${textAt(refusal, 'code')}: ${textAt(refusal, 'message')}`)
  if (refusal !== undefined) terminal.out(`  ${textAt(refusal, 'diagnosis')}  ${textAt(refusal, 'explanation')}`)
  const certificate = at(answer, 'certificate')
  if (certificate !== undefined)
    terminal.out(`certificate  ${textAt(certificate, 'fingerprint')} (${textAt(certificate, 'subject')})`)
  const claims = at(answer, 'claims')
  if (claims !== undefined) printClaims(claims, at(answer, 'proved') === true, terminal)
  const age = at(answer, 'ageSeconds')
  if (typeof age === 'number') terminal.out(`age          ${age} s by our clock`)
  for (const problem of listAt(answer, 'strict')) terminal.out(`strict       would refuse: ${String(problem)}`)
}

const LINES: readonly (readonly [label: string, member: string])[] = [
  ['issuer', 'issuer'],
  ['subject', 'subject'],
  ['format', 'subjectType'],
  ['recipient', 'recipient'],
  ['issued', 'issuedAt'],
]

function printClaims(claims: unknown, isProved: boolean, terminal: Terminal): void {
  if (!isProved) terminal.out('What follows only stands in the document; nothing proves it.')
  for (const [label, member] of LINES) terminal.out(`${label.padEnd(12)} ${shown(claims, member)}`)
  terminal.out(`${'audience'.padEnd(12)} ${listAt(claims, 'audiences').join(', ') || '-'}`)
  terminal.out(`${'ends'.padEnd(12)} ${listAt(claims, 'notOnOrAfter').join(', ')}`)
  for (const role of listAt(claims, 'roles'))
    terminal.out(`${'role'.padEnd(12)} ${shown(role, 'roleArn')} by ${shown(role, 'providerArn')}`)
  const attributes = at(claims, 'attributes')
  if (typeof attributes === 'object' && attributes !== null)
    for (const [name, values] of Object.entries(attributes))
      terminal.out(`${'attribute'.padEnd(12)} ${name} = ${Array.isArray(values) ? values.join(' | ') : ''}`)
}
