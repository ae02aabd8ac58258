/** `understudy can` and `understudy who-can`: who may do what, and what it depends on. */
import { at, listAt, numberAt, shown, textAt } from './answer.ts'
import { adminClient, errorMessage } from './client.ts'
import type { CommandBody, CommandInput, ExitCode, Terminal } from './command.ts'
import { CommandFailure, flag } from './command.ts'
import { styled } from './terminal.ts'

/** 0 when it is allowed, or depends on keys that are told; 1 when it is denied. */
export const can: CommandBody = async (input, terminal) => {
  const [principal = '', action = '', resource = ''] = input.positionals
  const path = pathOf('can', input, [['principal', principal], ...questionPairs(action, resource)])
  const body = await asked(path, input, terminal)
  if (flag(input, 'json')) terminal.out(JSON.stringify(body, undefined, 2))
  else for (const line of answerLines(body, terminal)) terminal.out(line)
  return textAt(body, 'outcome') === 'denied' ? 1 : 0
}

/** 0 when somebody may; 1 when nobody may. */
export const whoCan: CommandBody = async (input, terminal): Promise<ExitCode> => {
  const [action = '', resource = ''] = input.positionals
  const body = await asked(pathOf('who-can', input, questionPairs(action, resource)), input, terminal)
  const principals = listAt(body, 'principals')
  const outsiders = listAt(body, 'outsiders')
  if (flag(input, 'json')) terminal.out(JSON.stringify(body, undefined, 2))
  else {
    for (const answer of [...principals, ...outsiders])
      for (const line of answerLines(answer, terminal)) terminal.out(line)
    if (principals.length + outsiders.length === 0)
      terminal.out(`Nobody: ${numberAt(body, 'asked')} principals were asked about.`)
  }
  return principals.length + outsiders.length === 0 ? 1 : 0
}

const questionPairs = (action: string, resource: string): readonly (readonly [string, string])[] => [
  ['action', action],
  ['resource', resource],
]

/** A path with its query: the keys of `--context` may come many times. */
function pathOf(name: string, input: CommandInput, pairs: readonly (readonly [string, string])[]): string {
  const given = input.values['context']
  const context = Array.isArray(given) ? given.map((pair): [string, string] => ['context', String(pair)]) : []
  return `${name}?${new URLSearchParams([...pairs.map((pair): [string, string] => [...pair]), ...context]).toString()}`
}

async function asked(path: string, input: CommandInput, terminal: Terminal): Promise<unknown> {
  const { status, body } = await adminClient(input, terminal).call(path)
  if (status === 404) throw new CommandFailure(errorMessage(body) ?? 'the server does not know this question.')
  return body
}

const COLOURS = { allowed: 'green', denied: 'red', depends: 'yellow' } as const

function answerLines(answer: unknown, terminal: Terminal): readonly string[] {
  const outcome = textAt(answer, 'outcome') as keyof typeof COLOURS
  const through = at(answer, 'through')
  const way = Array.isArray(through) && through.length > 0 ? `  through ${through.map(String).join(', then ')}` : ''
  const reason = outcome === 'denied' ? `  (${shown(answer, 'reason')})` : ''
  const keys = listAt(answer, 'dependsOn').map(String)
  return [
    `${styled(terminal, COLOURS[outcome], outcome.padEnd(7))}  ${textAt(answer, 'principal')}${reason}${way}`,
    ...(keys.length === 0 ? [] : [`         depends on ${keys.join(', ')}${exampleText(at(answer, 'allowedWith'))}`]),
  ]
}

/** One example of values with which it is allowed. */
function exampleText(example: unknown): string {
  if (typeof example !== 'object' || example === null) return ''
  const parts = Object.entries(example).map(([key, value]) =>
    value === null ? `no ${key}` : `${key}=${[value].flat().join(',')}`,
  )
  return parts.length === 0 ? '' : `; allowed with ${parts.join(', ')}`
}
