/** What the tests of this folder start from: a terminal that keeps what is written, and a folder of its own for the state. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Environment, Terminal } from './command.ts'

export interface TestTerminal extends Terminal {
  readonly written: { out: string; err: string }
}

/** @param input what standard input holds */
export function testTerminal(environment: Environment = {}, input = ''): TestTerminal {
  const written = { out: '', err: '' }
  return {
    written,
    out: (line) => void (written.out += `${line}\n`),
    err: (line) => void (written.err += `${line}\n`),
    readInput: async () => input,
    environment,
    colour: false,
  }
}

/** A folder that goes with the test. */
export function temporaryFolder(context: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-cli-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
