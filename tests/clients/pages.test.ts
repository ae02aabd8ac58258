/**
 * The pages about federation are run as a reader would: their seeds, their files and their commands in one shell from top to
 * bottom. What a page shows must come out, but for ids, keys and times; `…` stands for anything.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, test } from 'node:test'
import { ROOT } from '../house/files.ts'
import { BIN, start } from '../support/started.ts'
import type { Started } from '../support/started.ts'
import { isInstalled } from './clients.ts'

/** Page → the seed that it names instead of showing one whole. */
const PAGES: Readonly<Record<string, string | undefined>> = {
  'cross-account.md': undefined,
  'services.md': undefined,
  'federation.md': undefined,
  'saml.md': undefined,
  'mfa.md': undefined,
  'root-access.md': 'tests/sts/organization.yaml',
}

/** The server runs already, on free ports. */
const START = 'npx understudy start'

interface Step {
  readonly command: string
  readonly shown: string
}

interface Block {
  readonly language: string
  readonly text: string
}

const blocksOf = (page: string): readonly Block[] =>
  [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({ language, text }))

/** Commands begin with `$ `, and go on behind a backslash; the lines up to the next one are what it shows. */
function stepsOf(text: string): readonly Step[] {
  const steps: Step[] = []
  for (const part of text.split(/^\$ /m).slice(1)) {
    const [command = ''] = /^(?:.*\\\n)*.*/.exec(part) ?? []
    steps.push({ command, shown: part.slice(command.length) })
  }
  return steps
}

/** What differs from run to run. */
const VARYING: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\b(?:ASIA|AKIA)(?!QEXAMPLE)[A-Z2-7]{15,16}\b/g, '(?:ASIA|AKIA)[A-Z2-7]{16}'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\\\.\d+)?Z?/g, '\\d{4}-\\d\\d-\\d\\d[T ][\\d:.]+Z?'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '[0-9a-f-]{36}'],
  [/\b[0-9a-f]{6}-[0-9a-f]{8}-\d+/g, '[0-9a-f]{6}-[0-9a-f]{8}-\\d+'],
  [/\b[0-9a-f]{64}\b/g, '[0-9a-f]{64}'],
  [/\bo-[a-z0-9]{10}\b/g, 'o-[a-z0-9]+'],
  [/\br-[a-z0-9]{4}\b/g, 'r-[a-z0-9]+'],
  [/\b\d{10}\b/g, '\\d{10}'],
  [/^ \d{6}$/g, ' \\d{6}'],
  [/127\\\.0\\\.0\\\.1:\d+/g, '127\\.0\\.0\\.1:\\d+'],
  [/ ?… ?/g, '.*?'],
]

/** Blanks and line ends are one: long lines are wrapped on a page. */
function expected(shown: string): RegExp {
  const plain = ` ${shown.trim().replaceAll(/\s+/g, ' ')}`.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const pattern = VARYING.reduce((text, [varying, instead]) => text.replaceAll(varying, instead), plain).replaceAll(
    ' ',
    '\\s*',
  )
  return new RegExp(`^${pattern.trim()}$`, 's')
}

describe(
  'pages',
  { timeout: 300_000, skip: isInstalled('aws', '--version') ? false : 'the AWS CLI is missing' },
  () => {
    for (const [name, named] of Object.entries(PAGES))
      test(name, async (context) => {
        const folder = mkdtempSync(join(tmpdir(), 'understudy-page-'))
        context.after(() => rmSync(folder, { recursive: true, force: true }))
        const blocks = blocksOf(readFileSync(resolve(ROOT, 'docs', name), 'utf8'))
        const whole = blocks.find(({ language, text }) => language === 'yaml' && text.startsWith('accounts:'))
        const seed = named === undefined ? whole?.text : readFileSync(resolve(ROOT, named), 'utf8')
        writeFileSync(join(folder, 'understudy.yaml'), (seed ?? '').replaceAll('127.0.0.1:1338', '127.0.0.1:0'))
        for (const { language, text } of blocks) if (language === 'ini') writeFileSync(join(folder, 'config'), text)
        for (const { text } of blocks) {
          const [, file] = /^# (\S+\.yaml)\n/.exec(text) ?? []
          if (file !== undefined) writeFileSync(join(folder, file), text)
        }
        const server = await start(['--ephemeral', '--seed', join(folder, 'understudy.yaml')])
        context.after(() => server.stop())
        const steps = blocks.filter(({ language }) => language === 'console').flatMap(({ text }) => stepsOf(text))
        const run = await runAll(steps, server, folder)
        assert.ok(steps.length > 1)
        for (const [index, { command, shown }] of steps.entries()) {
          if (shown.trim() === '') continue
          const isStart = command.startsWith(START)
          const came = isStart ? server.log() : (run[index] ?? '')
          const wanted = isStart ? new RegExp(expected(shown).source.slice(1, -1)) : expected(shown)
          assert.match(came.trim().replaceAll(/\s+/g, ' '), wanted, command)
        }
      })
  },
)

/** One shell for all, as the reader has it. @returns what each command said */
async function runAll(steps: readonly Step[], server: Started, folder: string): Promise<readonly string[]> {
  const listed = await server.run(['imds', 'list', '--json'])
  const [instance] = JSON.parse(listed.out) as readonly { readonly address: string }[]
  const addresses: Readonly<Record<string, string>> = {
    '4566': server.aws,
    '4567': server.console,
    '1338': instance?.address ?? '',
  }
  const mark = '@@ next command @@'
  const lines = steps.map(({ command }) =>
    command.startsWith(START)
      ? 'true'
      : command
          .replaceAll(/http:\/\/127\.0\.0\.1:(\d+)/g, (address, port: string) => addresses[port] ?? address)
          .replaceAll('npx understudy', `'${process.execPath}' '${BIN}'`),
  )
  const kept = Object.entries(process.env).filter(([variable]) => !variable.startsWith('AWS_'))
  const { stdout } = spawnSync('bash', ['-c', `exec 2>&1\n${lines.join(`\necho '${mark}'\n`)}`], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      ...Object.fromEntries(kept),
      ...keysOf(server),
      HOME: folder,
      PYENV_ROOT: process.env['PYENV_ROOT'] ?? join(process.env['HOME'] ?? '', '.pyenv'),
      AWS_MAX_ATTEMPTS: '1',
      UNDERSTUDY_SERVER: server.console,
      XDG_STATE_HOME: server.stateHome,
    },
  })
  return stdout.split(`${mark}\n`)
}

/** The administrator's, as `understudy env` puts them into a shell. */
function keysOf(server: Started): Readonly<Record<string, string>> {
  const { stdout } = spawnSync(process.execPath, [BIN, 'env', '--json'], {
    encoding: 'utf8',
    env: { ...process.env, UNDERSTUDY_SERVER: server.console, XDG_STATE_HOME: server.stateHome },
  })
  return JSON.parse(stdout) as Readonly<Record<string, string>>
}
