/** `understudy simulate`: what would a real call be answered, and why. Reads JSON: caller, action, resource, context, policies. */
import { readFile } from 'node:fs/promises'
import type { Explanation } from '../services/admin/explanation.ts'
import { listAt, textAt } from './answer.ts'
import { adminClient, errorMessage } from './client.ts'
import type { AdminClient } from './client.ts'
import type { CommandBody, ExitCode, Terminal } from './command.ts'
import { CommandFailure, UsageError, flag } from './command.ts'
import { explanationLines } from './why-text.ts'

/** One simulation, or a list of them. 0 when all are allowed, else 1. */
export const simulate: CommandBody = async (input, terminal): Promise<ExitCode> => {
  const [file = '-'] = input.positionals
  const given = simulations(await textOf(file, terminal), file)
  const client = adminClient(input, terminal)
  const answers: unknown[] = []
  for (const simulation of given) answers.push(await answered(client, simulation))
  if (flag(input, 'json')) terminal.out(JSON.stringify(given.length === 1 ? answers[0] : answers, undefined, 2))
  else
    for (const answer of answers) for (const line of explanationLines(explained(answer), terminal)) terminal.out(line)
  return answers.every((answer) => textAt(answer, 'verdict') === 'Allow') ? 0 : 1
}

async function answered(client: AdminClient, simulation: unknown): Promise<unknown> {
  const { status, body } = await client.call('simulate', { method: 'POST', body: simulation })
  if (status === 404) throw new CommandFailure(errorMessage(body) ?? 'the server knows no simulation.')
  return body
}

async function textOf(file: string, terminal: Terminal): Promise<string> {
  if (file === '-') return terminal.readInput()
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CommandFailure(`\`${file}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** @throws UsageError for what is no JSON object and no list */
function simulations(text: string, file: string): readonly unknown[] {
  const from = file === '-' ? 'standard input' : `\`${file}\``
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${from} holds no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (typeof value !== 'object' || value === null)
    throw new UsageError(`${from} must hold an object, or a list of them.`)
  return Array.isArray(value) ? value : [value]
}

function explained(answer: unknown): Explanation {
  listAt(answer, 'questions')
  listAt(answer, 'layers')
  return answer as Explanation
}
