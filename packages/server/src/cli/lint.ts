/** `understudy lint`: findings about policy files, without a server. Exit code 1 when one of them is an error. */
import { readFile } from 'node:fs/promises'
import { guessPolicyType, lintPolicy } from '@understudy/policy'
import type { Finding, FindingLevel, PolicyType } from '@understudy/policy'
import { serviceReference } from '../entities/reference/load.ts'
import type { CommandBody, CommandInput, Terminal } from './command.ts'
import { CommandFailure, UsageError, flag, textOption } from './command.ts'
import { sarifLog } from './sarif.ts'
import { styled } from './terminal.ts'

/** A finding with the file that it is about. */
export interface FileFinding extends Finding {
  readonly file: string
}

const TYPES: readonly PolicyType[] = [
  'managed',
  'inline',
  'boundary',
  'trust',
  'session',
  'scp',
  'rcp',
  's3-bucket',
  'kms-key',
  'vpce',
  'resource',
]

export const lint: CommandBody = async (input, terminal) => {
  if (flag(input, 'json') && flag(input, 'sarif')) throw new UsageError('choose one of --json and --sarif.')
  const type = givenType(input)
  const account = textOption(input, 'account')
  if (account !== undefined && !/^\d{12}$/.test(account))
    throw new UsageError(`\`${account}\` is no account id: twelve digits.`)
  const reference = serviceReference()
  const found: FileFinding[] = []
  for (const file of input.positionals) {
    const text = await textOf(file, terminal)
    const options = { reference, ...(account === undefined ? {} : { account }) }
    found.push(...lintPolicy(text, type ?? guessPolicyType(text), options).map((one) => ({ ...one, file })))
  }
  print(found, input, terminal)
  return found.some(({ level }) => level === 'error') ? 1 : 0
}

function givenType(input: CommandInput): PolicyType | undefined {
  const given = textOption(input, 'type')
  if (given === undefined) return undefined
  const type = TYPES.find((candidate) => candidate === (given === 'identity' ? 'managed' : given))
  if (type === undefined) throw new UsageError(`\`${given}\` is no type of policy. Known: ${TYPES.join(', ')}.`)
  return type
}

async function textOf(file: string, terminal: Terminal): Promise<string> {
  if (file === '-') return terminal.readInput()
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CommandFailure(`\`${file}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const COLOURS: Readonly<Record<FindingLevel, 'red' | 'yellow' | 'dim'>> = {
  error: 'red',
  securityWarning: 'yellow',
  warning: 'yellow',
  suggestion: 'dim',
}
const WORDS: Readonly<Record<FindingLevel, string>> = {
  error: 'error',
  securityWarning: 'security',
  warning: 'warning',
  suggestion: 'suggestion',
}

function print(found: readonly FileFinding[], input: CommandInput, terminal: Terminal): void {
  if (flag(input, 'json')) return terminal.out(JSON.stringify({ findings: found }, undefined, 2))
  if (flag(input, 'sarif')) return terminal.out(JSON.stringify(sarifLog(found), undefined, 2))
  for (const { file, line, level, code, message, path } of found) {
    terminal.out(
      `${file}:${line}  ${styled(terminal, COLOURS[level], WORDS[level])}  ${code}  ${styled(terminal, 'dim', path)}`,
    )
    terminal.out(`  ${message}`)
  }
  const errors = found.filter(({ level }) => level === 'error').length
  const files = input.positionals.length
  terminal.out(`${counted(found.length, 'finding')}, ${counted(errors, 'error')}, in ${counted(files, 'file')}.`)
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
