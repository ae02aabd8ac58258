/** `understudy apply`: brings a running server to what a seed file says, and prints what changed. */
import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { CommandBody, Terminal } from './command.ts'
import { UsageError, flag } from './command.ts'
import { adminClient } from './client.ts'
import { at, listAt, textAt } from './answer.ts'
import { styled } from './terminal.ts'

export const apply: CommandBody = async (input, terminal) => {
  const path = input.positionals[0] ?? ''
  const text = readSeed(path)
  const onlyPlan = flag(input, 'plan')
  const { body } = await adminClient(input, terminal).call(onlyPlan ? 'plan' : 'apply', {
    method: 'POST',
    body: { text, name: basename(path), folder: dirname(resolve(path)) },
  })
  if (flag(input, 'json')) {
    terminal.out(JSON.stringify(body, undefined, 2))
    return 0
  }
  print(body, onlyPlan, terminal)
  return 0
}

function readSeed(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`the seed file cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function print(body: unknown, onlyPlan: boolean, terminal: Terminal): void {
  const steps = listAt(body, 'steps')
  for (const step of steps) {
    const isCreate = textAt(step, 'action') === 'create'
    terminal.out(`${styled(terminal, isCreate ? 'green' : 'yellow', isCreate ? '+' : '~')} ${textAt(step, 'text')}`)
  }
  for (const key of listAt(body, 'newKeys'))
    terminal.out(
      `  new key of ${textAt(key, 'userName')} in ${textAt(key, 'accountId')}: ${textAt(key, 'accessKeyId')} ${textAt(key, 'secretAccessKey')}`,
    )
  const count = `${steps.length} ${steps.length === 1 ? 'change' : 'changes'}`
  if (steps.length === 0) terminal.out('Nothing to change: the server is as the seed says.')
  else terminal.out(onlyPlan ? `${count} to make. Nothing was changed.` : `${count} made.`)
  const note = at(body, 'note')
  if (typeof note === 'string') terminal.err(note)
}
